"""NET-27: the web interface resists common attacks."""

from itertools import product

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import stored_text, web_attacks


@case("NET-27")
def test_the_web_interface_resists_other_pages(dut: Dut, observe: Observe) -> None:
    """Another page's requests change nothing, text is shown as text, no other page frames it, and no address holds a token."""
    shown = observe(web_attacks.pages)
    changes = observe(web_attacks.changes)
    with controls(the_page_itself_may=lambda: every(changes, lambda each: observe(web_attacks.by_the_page, each).granted)):
        none_of("changes by another page", product(changes, web_attacks.WAYS), lambda tried: observe(web_attacks.forged, *tried).granted)
        none_of("markers shown as markup", web_attacks.PLACES, lambda place: observe(web_attacks.injected, place, shown).offends)
        none_of("texts of its user shown as markup", (observe(stored_text.stored, shown),), lambda found: found.offends)
        none_of("pages that others may frame", shown, lambda path: observe(web_attacks.page, path).frameable)
        none_of("tokens in addresses", (observe(web_attacks.addresses, shown),), lambda found: found.hold_tokens)
    assume("no code of the pages writes text as markup", every(shown, lambda path: not observe(web_attacks.page, path).sinks))
