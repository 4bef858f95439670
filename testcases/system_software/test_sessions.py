"""SYS-12: sessions are unguessable and end."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, every, none_of
from harness.probes import session_restarts, sessions


@case("SYS-12", side="device", impact="login")
def test_sessions_cannot_be_guessed_and_end(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Tokens are long, come once and follow no rule, cookies are guarded, and no session outlives log-out or the idle time."""
    surfaces = observe(sessions.issuers, dut.owner)
    given = [observe(sessions.collect, surface, dut.owner, limits.tokens) for surface in surfaces]
    none_of("surfaces whose tokens can be guessed", given, lambda tokens: tokens.guessable(limits.bits_min))
    none_of("surfaces that leave a session's cookie unguarded", given, lambda tokens: tokens.bare)
    unused = observe(sessions.leave_unused, surfaces, dut.owner, limits.idle_s_max)
    none_of("sessions that live on unused", unused, lambda each: each.outlived)
    none_of("sessions that outlive their log-out", surfaces, lambda surface: observe(sessions.log_out, surface, dut.owner).outlived)
    assume("as many tokens as asked for were given, and each worked when fresh", every(given, lambda tokens: tokens.whole))
    assume("sessions end when their producer says", every(unused, lambda each: each.as_declared))


@case("SYS-12", side="device")
def test_a_restart_gives_back_no_session_and_no_token(dut: Dut, observe: Observe) -> None:
    """What was logged out stays so over a restart, and no start gives the tokens of the start before it."""
    over = observe(session_restarts.over_restarts, observe(sessions.issuers, dut.owner), dut.owner)
    none_of("surfaces that give the same tokens after each restart", over, lambda each: each.repeats)
    none_of("sessions that a restart gives back after their log-out", over, lambda each: each.revives)
