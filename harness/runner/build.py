"""Puts the gate together for one run on one sample."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from harness.gate.access import GateAccess
from harness.gate.bench import Bench, Happenings, LiveObjects
from harness.gate.clock import Clock
from harness.gate.governor import Governor
from harness.gate.health import Health, Patience
from harness.gate.ledger import Ledger
from harness.gate.live import Live, Neighbour
from harness.gate.obligations import Obligations
from harness.gate.recorder import Attached
from harness.gate.secrets import SecretStore
from harness.journal.artefacts import Artefacts
from harness.journal.reader import Line
from harness.journal.writer import Journal
from harness.model.bench import Sample
from harness.probes.device import alive
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs
from harness.runner.means import Means
from harness.transports.driver import Driver


def secret_store(folder: RunFolder, samples: Sequence[Sample]) -> SecretStore:
    """The run's secrets, with the bench's passwords of all units as version 1."""
    accounts = {(sample.name, role): account for sample in samples for role, account in sample.accounts.items()}
    passwords = {who: account.password.get_secret_value() if account.password else None for who, account in accounts.items()}
    return SecretStore(folder.private, {who: (account.user, passwords[who]) for who, account in accounts.items()})


def build_gate(inputs: Inputs, folder: RunFolder, means: Means, clock: Clock, secrets: SecretStore, lines: Sequence[Line]) -> Live:
    """A gate with the state that an earlier process of this run left in the journal."""
    journal, sample = Journal(folder.journal), means.sample
    surfaces = inputs.profile.ixit.auth_mech
    brute_force = {surface.id: surface.brute_force for surface in surfaces if surface.brute_force}
    governor = Governor(inputs.bench.governor, clock, brute_force, journal.append)
    ledger = Ledger(((each.sample.name, role) for each in means.units for role in each.sample.accounts), journal.append)
    access = GateAccess([each.sample.address for each in means.units], governor, secrets, ledger)
    artefacts = Artefacts(folder.artefacts)
    attached = Attached(lambda data: artefacts.put(secrets.mask(data)))
    bench = Bench(
        inputs.profile,
        sample,
        access,
        clock,
        ledger,
        inputs.settings.effort,
        attached=attached,
        driver=_driver(inputs),
        operator=means.operator,
        reset=means.reset,
        console=means.console,
        power=means.power,
        storage=means.storage,
        packages=means.packages,
        capture=means.capture,
        stand_in=means.stand_in,
        lacks=means.lacks,
        impact=inputs.bench.impact,
        sources=means.sources,
    )
    patience = Patience(away_s=inputs.bench.governor.away_s)
    health = Health(lambda: alive(bench), journal.append, governor.spent, patience)
    live = Live(bench, access, journal, artefacts, secrets, Obligations(journal, lines), health, governor)
    for other in means.units[1:]:
        beside = _beside(bench, other)
        live.neighbours[other.sample.name] = Neighbour(beside, Health(partial(alive, beside), journal.append, governor.spent, patience))
    for line in lines:
        _restore(live, line)
    return live


def _driver(inputs: Inputs) -> Driver | None:
    named = inputs.profile.driver
    return Driver(inputs.driver_path, named.actions, named.timeout_s, named.log_ins) if named and inputs.driver_path else None


def _beside(bench: Bench, means: Means) -> Bench:
    """Another unit on the same bench: what belongs to a unit is its own."""
    return replace(
        bench,
        sample=means.sample,
        lives=LiveObjects(),
        happened=Happenings(),
        reset=means.reset,
        console=means.console,
        power=means.power,
        storage=means.storage,
        lacks=means.lacks,
    )


def _restore(live: Live, line: Line) -> None:
    match line.kind:
        case "password" | "password_is":
            live.bench.ledger.restore(line.kind, line.body)
        case "tried":
            live.governor.restore(line.body)
        case "learned":
            live.governor.remember(line.body)
