"""DAT-06: stored media needs authorisation."""

from itertools import product

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, expect, none_of
from harness.probes import card_files, card_places, recordings, service_links, sharing, storage


@case("DAT-06", side="device")
def test_links_to_recordings_open_for_nobody_else(dut: Dut, observe: Observe, limits: Limits) -> None:
    """No link to a recording or picture opens without a session, after log-out or its life, altered, or for another account."""
    kinds = dut.declared.recordings
    assume("recordings are made and listed", observe(recordings.make).granted)
    with controls(each_link_opens_for_its_owner=lambda: every(kinds, lambda kind: observe(recordings.open_as_owner, kind).granted)):
        none_of("links that open without a right", product(kinds, recordings.FOREIGN), lambda each: observe(recordings.use, *each).served)
        if dut.declared.has("multi_user"):
            for way in observe(sharing.ways):
                assume("there is another account", observe(sharing.share, way).granted)
                none_of("links that open for another account", kinds, lambda kind: observe(recordings.use_as_other, kind).served)
    none_of("links that live longer than permitted", kinds, lambda kind: (kind.life_s or 0) > limits.link_life_s_max)


@case("DAT-06", side="device")
def test_links_to_recordings_cannot_be_guessed(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Links that open by themselves have a random part that is long enough and follows no rule."""
    assume("recordings are made and listed", observe(recordings.make).granted)
    seen = [observe(recordings.collect, kind, limits.links) for kind in dut.declared.recordings]
    none_of("links that can be guessed", seen, lambda links: links.guessable(limits.random_bits_min))
    assume("as many links as asked for were given", every(seen, lambda links: links.whole))


@case("DAT-06", side="storage", when="sd_card")
def test_nobody_is_given_files_of_the_card_by_their_names(dut: Dut, observe: Observe) -> None:
    """No film or picture that is on the card is served or listed to anybody at an address made of its name."""
    assume("recordings are made and listed", observe(recordings.make).granted)
    files = observe(card_files.find, observe(storage.copy, "card"))
    none_of("files of the card that anybody is given", files, lambda file: observe(card_files.ask_by_name, file).served)
    told = observe(card_places.ask_where_told, files)
    none_of("files of the card that anybody is given where the device tells of them", told, lambda file: file.served)


@case("DAT-06", side="service", when="cloud_account")
def test_links_of_the_service_open_for_nobody_else(observe: Observe, limits: Limits) -> None:
    """The person at the bench finds that links of the service open for nobody else, end in time and have a random part."""
    assume("each link opens for its owner", observe(service_links.answer, service_links.OWN).value == "yes")
    none_of("foreign uses that the service grants", service_links.FOREIGN, lambda each: observe(service_links.answer, each).value == "yes")
    life = observe(service_links.answer, service_links.LIFE).number
    expect("links live no longer than permitted", life is not None and life <= limits.link_life_s_max)
    links = observe(service_links.links, life, limits.links)
    expect("links have a random part", not links.guessable(limits.random_bits_min))
    assume("as many links as asked for were given", links.whole)
