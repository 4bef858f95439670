"""PIP-11: microphone can be switched off."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, expect, none_of
from harness.probes import privacy, recorded_sound, restarting, sound, unattended


@case("PIP-11")
def test_a_microphone_that_is_off_is_heard_nowhere(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Switched off, its tone is in no stream, playing or new, described or not, and in no recording, until its owner wants it again."""
    assume("the tone plays", observe(sound.tone).value == "yes")
    stored = observe(recorded_sound.listen, limits.tone_hz) if dut.declared.stores else ()
    recorded = {each.kind: each.level_db for each in stored}
    with controls(the_tone_is_in_each_stream=lambda: every(observe(sound.listen, limits.tone_hz), sound.is_loud)):
        playing = observe(sound.play)
        loudness = {each.stream: each.level_db for each in observe(sound.hear, playing, limits.tone_hz)}
        expect("its owner can switch the microphone off", observe(sound.switch_off).granted)
        still = observe(sound.hear_and_leave, playing, limits.tone_hz)
        anew = observe(sound.listen, limits.tone_hz, playing)
        off = [*still, *anew]
        none_of("sound of a microphone that is off", off, lambda each: each.level_db > loudness[each.stream] - limits.attenuation_db_min)
        assume("pictures came, so that the streams were heard", every(anew, lambda each: each.pictures > 0))
        if recorded:
            kept = observe(recorded_sound.listen, limits.tone_hz)
            none_of("recordings with sound", kept, lambda each: each.lasts(recorded[each.kind], limits.attenuation_db_min))
        elif dut.declared.stores:
            expect("a recording has no sound", observe(sound.recorded).value == "no")
        observe(unattended.leave_alone)
        if dut.declared.has("privacy_mode"):
            assume("privacy mode begins and ends", observe(privacy.come_and_go).granted)
        waited = observe(sound.listen, limits.tone_hz, playing)
        assume("it restarts", observe(restarting.restart).granted)
        later = [*waited, *observe(sound.listen, limits.tone_hz, playing)]
        none_of(
            "sound of a microphone that came on again",
            later,
            lambda each: each.level_db > loudness[each.stream] - limits.attenuation_db_min,
        )
        assume("pictures came, so that the streams were heard later", every(later, lambda each: each.pictures > 0))
        observe(sound.switch_on)
