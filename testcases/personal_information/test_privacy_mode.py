"""PIP-10: privacy mode really stops capture."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, expect, none_of
from harness.probes import clear_streams, device, kept_media, privacy, restarting, storage, unattended


@case("PIP-10", side="device", state="normal")
def test_privacy_mode_lets_nothing_out(dut: Dut, observe: Observe, limits: Limits) -> None:
    """In privacy mode no stream, still picture or event shows or sounds the scene; it outlasts a restart, and only its owner ends it."""
    assume("something moves and sounds before the camera", observe(privacy.scene).value == "yes")
    clear = dut.declared.clear_choice == "offered" and observe(clear_streams.allow).granted
    for way in observe(privacy.ways):
        with controls(the_scene_is_in_each_output=lambda: every(observe(privacy.everything, clear), privacy.is_open)):
            if dut.declared.has("cloud_storage"):
                assume("an event sends something out", every(observe(privacy.event), privacy.is_open))
            playing = observe(privacy.play)
            begun = observe(privacy.begin, way, limits.stop_within_s)
            expect("its owner can begin it", begun.granted)
            out = [*observe(privacy.watch, playing), *observe(privacy.everything, clear), *observe(privacy.event)]
            none_of("ways on which the scene comes out", out, lambda shown: shown.lets_out)
            assume("the device answers in the mode", observe(device.is_up))
            if dut.declared.has("privacy_mode"):
                none_of("others who can end it", observe(privacy.others_end), lambda attempted: attempted.granted)
            observe(unattended.leave_alone)
            none_of("ways on which the scene comes out after a while", observe(privacy.everything, clear), lambda shown: shown.lets_out)
            assume("it restarts", observe(restarting.restart).granted)
            none_of("ways on which the scene comes out later", observe(privacy.everything, clear), lambda shown: shown.lets_out)
            none_of("what went to others in the mode", observe(privacy.sent_since, begun.at), lambda shown: shown.lets_out)
            expect("its owner can end it", observe(privacy.end).granted)


@case("PIP-10", side="storage", state="normal")
def test_privacy_mode_stores_nothing(dut: Dut, observe: Observe, limits: Limits) -> None:
    """What happens in privacy mode leaves no picture and no sound in storage, as it does outside of it."""
    assume("something moves and sounds before the camera", observe(privacy.scene).value == "yes")
    assume("it is known what there is to be seen", observe(privacy.learned))
    media = observe(storage.media)
    for way in observe(privacy.ways):
        empty = [observe(storage.copy, medium) for medium in media]
        observe(privacy.event)
        before = [observe(storage.copy, medium) for medium in media]
        assume("an event outside of it is stored", every(observe(kept_media.new_media, empty, before), privacy.is_open))
        expect("its owner can begin it", observe(privacy.begin, way, limits.stop_within_s).granted)
        observe(privacy.event)
        after = [observe(storage.copy, medium) for medium in media]
        none_of("media stored in privacy mode", observe(kept_media.new_media, before, after), lambda shown: shown.lets_out)
        expect("its owner can end it", observe(privacy.end).granted)
