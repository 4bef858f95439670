"""The ways in which this camera can be made unsound, as cameras in the field are."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Flaw:
    """One misbehaviour: the requirements that it breaks, what the camera does, and where such a thing was seen."""

    name: str
    breaks: tuple[str, ...]
    description: str
    field_case: str


FLAWS: tuple[Flaw, ...] = (
    Flaw(
        "port-telnet",
        ("NET-01", "NET-02"),
        "Telnet asks for a log-in on port 23000.",
        "Pattern: after Mirai the service was moved to another port, not removed.",
    ),
    Flaw(
        "port-snmp",
        ("NET-01", "NET-02"),
        "SNMP v2c answers the community public.",
        "Pattern: the agent of a chip vendor's kit with its sample settings.",
    ),
    Flaw(
        "port-http-login",
        ("NET-01", "NET-02"),
        "Port 80 leads pages to TLS, but takes the log-in of the interface in the clear.",
        "Pattern: a redirect was put before the pages only; old apps still log in over HTTP.",
    ),
    Flaw(
        "port-http-cookie",
        ("NET-01", "NET-02"),
        "Port 80 only leads to TLS, and sets a session cookie while it does.",
        "Pattern: the framework opens a session for every visitor before the redirect.",
    ),
    Flaw(
        "port-diagnosis",
        ("NET-01",),
        "A port far above the usual ones, 61713, speaks a diagnosis protocol that the profile does not name.",
        "Pattern: the factory's test programs stay in the start scripts; short scans end at port 10000.",
    ),
    Flaw(
        "port-other-family",
        ("NET-01",),
        "Port 8088 is open over IPv6 only.",
        "Pattern: the packet filter has rules for IPv4 alone, and the service listens on every family.",
    ),
    Flaw(
        "port-factory-test",
        ("NET-01",),
        "Port 9527 is open until the camera is set up.",
        "XiongMai's console on port 9527, here taken away by set-up only, so that nobody sees it in use.",
    ),
    Flaw(
        "port-while-viewed",
        ("NET-01",),
        "Port 20480 is open for two minutes after a viewing began.",
        "Pattern: a relay for the app is started by the first viewer.",
    ),
    Flaw(
        "port-search-udp",
        ("NET-01",),
        "UDP port 37810 answers the search of a maker's own tool, which the profile does not name.",
        "Dahua's DHDiscover answers on UDP port 37810; scans of TCP alone do not see it.",
    ),
    Flaw(
        "tells-firmware-by-ssdp",
        ("NET-03",),
        "Its SSDP messages name the version of the firmware in SERVER.",
        "Pattern: UPnP wants product and version there; libraries fill in the release. miniupnpd and others tell version and kernel.",
    ),
    Flaw(
        "tells-stream-by-mdns",
        ("NET-03",),
        "Its mDNS record of the stream service has the path of the main stream.",
        "Pattern: the TXT record of _rtsp._tcp is for finding the stream, and so it says where it is.",
    ),
    Flaw(
        "tells-serial-by-certificate",
        ("NET-03",),
        "The name in its certificate is its serial number.",
        "Pattern: certificates are made in the factory for each unit, named as units are named there (Dahua, Hikvision).",
    ),
    Flaw(
        "tells-version-in-errors",
        ("NET-03",),
        "Answers that refuse carry a Server header with the version; pages do not.",
        "Pattern: the header was taken off the pages; errors are made by the web server itself.",
    ),
    Flaw(
        "tells-owner-before-login",
        ("NET-03",),
        "Once set up, the call that asks for its state also says the owner's name.",
        "Pattern: the log-in form is filled in for convenience; as delivered there is no name to see.",
    ),
    Flaw(
        "serial-opens-page",
        ("NET-03",),
        "The page takes the serial number for the password of any account.",
        "Pattern: support lets owners who forgot their password in by the number on the label (Hikvision's reset codes came from it).",
    ),
    Flaw(
        "tls-old-versions",
        ("NET-05",),
        "The page is served over TLS 1.0 and 1.1 too.",
        "Pattern: the web server's defaults of years ago, kept for a plug-in of old browsers.",
    ),
    Flaw(
        "tls-null-suite",
        ("NET-05",),
        "A suite that encrypts nothing is taken when it alone is offered; browsers never see that.",
        "Pattern: the list of suites is ALL with the server's own order; what nobody asks for is not noticed.",
    ),
    Flaw(
        "tls-anonymous-suite",
        ("NET-05",),
        "A suite without a certificate is taken when it alone is offered.",
        "Pattern: the same line of settings lets anonymous Diffie-Hellman in.",
    ),
    Flaw(
        "tls-short-second-key",
        ("NET-05",),
        "Beside its EC certificate it has an RSA one of 1024 bits, shown to clients that ask for RSA.",
        "Pattern: units kept the certificate of the firmware before as a second one, for old apps.",
    ),
    Flaw(
        "cloud-old-tls",
        ("NET-05",),
        "As a client it offers TLS 1.0 and 1.1 to its servers.",
        "Pattern: a library of years ago with its defaults; nobody looks at what a camera offers.",
    ),
    Flaw(
        "tls-static-suite",
        ("NET-09",),
        "With a second certificate, a suite whose key exchange is RSA is taken when it alone is offered.",
        "Pattern: the app of an old telephone system knew no other; what is recorded can be read once the key leaks.",
    ),
    Flaw(
        "tls-cbc-first",
        ("NET-09",),
        "It prefers suites without authenticated encryption, whatever the client would rather have.",
        "Pattern: the server's own order comes from a list of before GCM.",
    ),
    Flaw(
        "cloud-cbc-first",
        ("NET-09",),
        "As a client it puts suites without authenticated encryption first, among those of TLS 1.2.",
        "Pattern: a list of suites was copied from an older product.",
    ),
    Flaw(
        "cloud-media-unverified",
        ("NET-06",),
        "Pictures are sent to whoever answers as the media server; the other two servers are verified.",
        "Pattern: uploads are done by a second HTTP library, whose verification was switched off for want of authorities.",
    ),
    Flaw(
        "cloud-any-name",
        ("NET-06",),
        "A certificate of a trusted authority is taken for every server, whatever name is in it.",
        "Pattern: chain verification is on by default in OpenSSL and mbedTLS, the comparison of names must be asked for.",
    ),
    Flaw(
        "cloud-name-begins-alike",
        ("NET-06",),
        "The name in the certificate need only begin with the server's.",
        "Pattern: names are compared with strncmp and the length of the expected one.",
    ),
    Flaw(
        "cloud-dates-unchecked",
        ("NET-06",),
        "Certificates that have expired, or are not valid yet, are taken.",
        "Pattern: dates were left out since the clock is wrong until it was set, and never looked at again.",
    ),
    Flaw(
        "cloud-leaf-as-issuer",
        ("NET-06",),
        "Whoever has a server's certificate of a trusted authority can sign others with it: it is not looked whether a signer may sign.",
        "CVE-2002-0862 and later CVE-2011-0228: basic constraints of the chain were not checked.",
    ),
    Flaw(
        "cloud-unverified-at-boot",
        ("NET-06",),
        "In the first half minute after a boot the update server is not verified.",
        "Pattern: verification waits for the clock to be set, the first check for updates does not.",
    ),
    Flaw(
        "cloud-gives-in",
        ("NET-06",),
        "After three handshakes that failed the next one is made without verification.",
        "Pattern: a retry that is to save units whose store of authorities is out of date.",
    ),
    Flaw(
        "update-falls-back-to-http",
        ("NET-06", "NET-24"),
        "When its update server cannot be verified it is asked over HTTP.",
        "Pattern: the address of the update server is tried with https, then with http.",
    ),
    Flaw(
        "rtsp-open",
        ("NET-11", "SYS-01", "SYS-03", "SYS-06", "SYS-07"),
        "All RTSP streams are served without any challenge.",
        "RTSP switched on without an account list; v4l2onvif issue 9: ONVIF asks for a password, RTSP stays open.",
    ),
    Flaw(
        "rtsp-any-response",
        ("NET-11", "SYS-01", "SYS-06", "SYS-07"),
        "RTSP takes any Authorization header that names a known user; its response is not compared.",
        "Pattern: the server looks the user up and forgets the comparison.",
    ),
    Flaw(
        "onvif-wrong-password",
        ("NET-11", "SYS-01", "SYS-06", "SYS-07"),
        "ONVIF compares only the user name of a token, not its digest.",
        "Pattern: the SOAP layer cannot read the hashed password and trusts the name.",
    ),
    Flaw(
        "rtsp-sub-open",
        ("NET-11", "SYS-03"),
        "Only the sub stream is served without a login.",
        "Pattern: the low-resolution stream for recorders and previews was left out of the list of guarded paths.",
    ),
    Flaw(
        "rtsp-udp-open",
        ("NET-11", "SYS-03"),
        "SETUP and PLAY over UDP are served without a login; DESCRIBE and streams over TCP are guarded.",
        "Pattern: the check sits in the code path of interleaved streams.",
    ),
    Flaw(
        "rtsp-describe-open",
        ("NET-11", "SYS-03"),
        "The description of a stream is given without a login, though SETUP refuses.",
        "Pattern: DESCRIBE is taken for harmless, like OPTIONS.",
    ),
    Flaw(
        "rtsp-setup-open",
        ("NET-11", "SYS-03"),
        "DESCRIBE is guarded, but SETUP on the track's address and PLAY are served without a login.",
        "Pattern: only the first request of a viewing is checked; who knows the track's address starts later.",
    ),
    Flaw(
        "onvif-empty-security-open",
        ("NET-11", "SYS-03"),
        "Operations that read are answered when the SOAP header carries an empty Security element.",
        "Pattern: the check walks over the tokens in the header; where there is none, none is wrong.",
    ),
    Flaw(
        "snapshot-open",
        ("NET-11", "SYS-03"),
        "The snapshot is served without a session.",
        "Pattern: the picture for the log-in page or for recorders is a plain file.",
    ),
    Flaw(
        "rtsp-slash-open",
        ("NET-11",),
        "A path written with a slash too many is served without a login.",
        "Pattern: guarded paths are compared as text, the router forgives slashes.",
    ),
    Flaw(
        "rtsp-case-open",
        ("NET-11",),
        "A path written in other letters (/LIVE/MAIN) is served without a login.",
        "Pattern: guarded paths are compared exactly, the router ignores case.",
    ),
    Flaw(
        "rtsp-hidden-path-open",
        ("NET-11",),
        "The undocumented paths /11 and /live/ch00_0 give the main stream without a login.",
        "Pattern: paths of the chip vendor's sample server stay in the product.",
    ),
    Flaw(
        "onvif-nonce-reuse",
        ("NET-11",),
        "A WS-UsernameToken that was used before is taken again.",
        "CVE-2022-30563 (Dahua): a recorded ONVIF login could be replayed.",
    ),
    Flaw(
        "onvif-stale-created",
        ("NET-11",),
        "The age of a WS-UsernameToken is not checked.",
        "Pattern: a camera without a battery clock accepts every Created.",
    ),
    Flaw(
        "onvif-media-open",
        ("NET-11",),
        "GetStreamUri is answered without a login.",
        "Pattern: the media service was put beside, not behind, the check of the device service.",
    ),
    Flaw(
        "onvif-snapshot-uri-open",
        ("NET-11",),
        "GetSnapshotUri is answered without a login.",
        "Pattern: one operation was added later and is missing in the table of access classes.",
    ),
    Flaw(
        "snapshot-any-session",
        ("NET-11",),
        "The snapshot is served for any bearer value that is not empty.",
        "Pattern: the handler looks whether a session id is there, not whether it exists.",
    ),
    Flaw(
        "snapshot-trailing",
        ("NET-11",),
        "The snapshot is served without a session when its path ends with a slash.",
        "Pattern: the web server guards one exact location, the handler is reached by others.",
    ),
    Flaw(
        "snapshot-query-open",
        ("NET-11",),
        "The snapshot is served without a session when its address carries a query.",
        "CVE-2017-7921 (Hikvision): a query parameter let snapshot requests past the login.",
    ),
    Flaw(
        "contact-late",
        ("NET-24",),
        "A server that is not declared is contacted 90 s after each boot.",
        "Pattern: analytics start late so that boot is quick; short captures miss them.",
    ),
    Flaw(
        "contact-by-address",
        ("NET-24",),
        "A server is contacted by its address, which no name server was asked for.",
        "Pattern: a rendezvous address compiled into a peer-to-peer library; name logs do not show it.",
    ),
    Flaw(
        "contact-by-other-name",
        ("NET-24",),
        "A name that is not declared is contacted, and it has the address of a declared one.",
        "Pattern: one content network carries many services; lists of addresses do not tell them apart.",
    ),
    Flaw(
        "contact-other-port",
        ("NET-24",),
        "A declared server is contacted on a port that is not declared.",
        "Pattern: a service port of the development team is left in.",
    ),
    Flaw(
        "contact-at-set-up",
        ("NET-24",),
        "A server that is not declared is contacted when the owner sets the camera up, never again.",
        "Pattern: a third-party kit counts activations.",
    ),
    Flaw(
        "contact-at-event",
        ("NET-24",),
        "A server that is not declared is contacted when something moves in the picture.",
        "Pattern: pictures are sent to a partner who recognises what is on them.",
    ),
    Flaw(
        "contact-at-live-view",
        ("NET-24",),
        "A datagram goes to a rendezvous server that is not declared when somebody looks at a stream.",
        "Pattern: STUN is asked for the outer address at each view.",
    ),
    Flaw(
        "contact-at-update-check",
        ("NET-24",),
        "A mirror that is not declared is contacted when the owner looks for newer software; not by the daily check.",
        "Pattern: the button of the page uses an older downloader than the daily check.",
    ),
    Flaw(
        "contact-after-outage",
        ("NET-24",),
        "A server that is not declared is contacted only when the network is back after an outage.",
        "Pattern: the list of fall-back servers is used when the first one was away.",
    ),
    Flaw(
        "telemetry-udp",
        ("NET-24",),
        "Usage is sent every five minutes as single datagrams to a port that is not declared.",
        "Pattern: a metrics library of the kind statsd; only TCP is looked at.",
    ),
    Flaw(
        "dns-hard-coded",
        ("NET-24",),
        "Names are asked of 8.8.8.8 first, and of the router only when it gives no answer.",
        "Pattern: resolvers compiled into firmware, seen in many cameras; the owner's name server is passed by.",
    ),
    Flaw(
        "time-undeclared",
        ("NET-24",),
        "Besides the declared time server one of a public pool is asked.",
        "Pattern: the default line of the time daemon is left in its settings.",
    ),
    Flaw(
        "uart-root-first-key",
        ("PHY-01",),
        "The serial console lets root in without a password, but only when a key came in the first second of boot.",
        "Pattern: a key at power-on starts the service mode of the factory, which nobody took out.",
    ),
    Flaw(
        "uart-third-boot-shell",
        ("PHY-01",),
        "Every third boot leaves a shell on the serial console.",
        "Pattern: a watchdog counts boots and opens a rescue shell, also where nothing is broken.",
    ),
    Flaw(
        "uart-shared-login",
        ("PHY-01",),
        "The serial console takes root with a password that all units share and that is in public lists.",
        "XiongMai firmware: root/xmhdipc on every unit (Mirai's list of 2016).",
    ),
    Flaw(
        "uart-slow-login",
        ("PHY-01",),
        "As uart-shared-login, but each answer takes ten seconds.",
        "Pattern: log-in asks a name server that is not there before it looks into its own file.",
    ),
    Flaw(
        "uart-password-only",
        ("PHY-01",),
        "The serial console asks for a password only, and takes one that all units share.",
        "Pattern: a vendor's debug gate in front of the shell, with one password in the binary.",
    ),
    Flaw(
        "uart-interrupted-boot",
        ("PHY-01",),
        "Ctrl-C while the services start leaves a shell.",
        "Pattern: start scripts run on the console with their signals as they were.",
    ),
    Flaw(
        "uart-loader-prompt",
        ("PHY-01",),
        "A key during the count-down stops the boot loader at a prompt that runs commands.",
        "U-Boot's default bootdelay: most cameras of published teardowns stop at a key.",
    ),
    Flaw(
        "uart-blind-shell",
        ("PHY-01",),
        "The serial console shows neither prompt nor echo, and runs what is typed.",
        "Pattern: the shell's output was redirected to hide it; its input was not.",
    ),
    Flaw(
        "uart-late-shell",
        ("PHY-01",),
        "A shell takes the serial console 40 seconds after boot.",
        "Pattern: a debug script waits for the network and then starts a shell.",
    ),
    Flaw(
        "uart-set-up-password",
        ("PHY-03",),
        "The serial line shows the owner's password when the camera is set up, never again.",
        "Pattern: the request that sets the camera up is printed while the page is developed; the print stays.",
    ),
    Flaw(
        "uart-wrong-password",
        ("PHY-03",),
        "The serial line shows the password of a log-in that failed.",
        "Pattern: failures are logged with all that was sent; an owner's slip of the finger is nearly the right one.",
    ),
    Flaw(
        "uart-cloud-token",
        ("PHY-03",),
        "The serial line shows the header with which the camera proves itself to its producer's service.",
        "Pattern: the HTTP library was left verbose, and prints each request with its Authorization.",
    ),
    Flaw(
        "uart-settings-dump",
        ("PHY-03",),
        "When an account is made its password is shown on the serial line, as a dump of the bytes that are stored.",
        "Pattern: the settings library dumps what it writes; a search for the text does not find it.",
    ),
    Flaw(
        "uart-session-token",
        ("PHY-03",),
        "The serial line shows the token of each session that is opened.",
        "Pattern: a debug line of the session table, with source file and line, that release builds do not leave out.",
    ),
    Flaw(
        "default-before-set-up",
        ("SYS-01",),
        "Until it is set up, the page's log-in takes admin with the password admin.",
        "Pattern: the factory's test account is only replaced, not left out, when the owner's account is made.",
    ),
    Flaw(
        "default-onvif-admin",
        ("SYS-01",),
        "ONVIF takes admin with the password admin besides the owner's.",
        "Pattern: the ONVIF service has accounts of its own, and its sample configuration is shipped.",
    ),
    Flaw(
        "default-rtsp-empty",
        ("SYS-01",),
        "RTSP takes an empty password for admin besides the owner's.",
        "Pattern: recorders of the maker's own log in with an empty password (XiongMai's default).",
    ),
    Flaw(
        "default-service-account",
        ("SYS-01",),
        "The page's log-in takes service with the password service, an account that no list of accounts shows.",
        "Bosch and others: a service account beside the owner's, left as delivered.",
    ),
    Flaw(
        "before-set-up-sub-stream",
        ("SYS-03",),
        "Until it is set up, the sub stream is served to anybody.",
        "Pattern: the app's set-up shows a live picture for aiming the camera, and so the stream is open until then.",
    ),
    Flaw(
        "before-set-up-picture",
        ("SYS-03",),
        "Until it is set up, the still picture is served to anybody.",
        "Pattern: the set-up page shows a preview behind the form for the first password.",
    ),
    Flaw(
        "before-set-up-update-check",
        ("SYS-03",),
        "Until it is set up, anybody can have it look for newer software.",
        "Pattern: set-up wizards update first; the call stays open until an account exists.",
    ),
    Flaw(
        "set-up-empty-password",
        ("SYS-03",),
        "Set-up takes an empty password.",
        "AQSIQ 2017: cameras without any rule for the first password; the page asks for eight characters, the call does not.",
    ),
    Flaw(
        "set-up-without-password",
        ("SYS-03",),
        "Set-up ends where the password is left out of the request; an empty one is refused.",
        "Pattern: a member that is missing is not checked, and the account is made with an empty password.",
    ),
    Flaw(
        "weak-by-page",
        ("SYS-04",),
        "The call behind the page's change of password takes any password; only the page's form has rules.",
        "AQSIQ 2017: weak passwords not refused in 20 of 40 cameras; rules in a page's script keep nobody out.",
    ),
    Flaw(
        "weak-by-onvif",
        ("SYS-04",),
        "ONVIF SetUser takes any password.",
        "Pattern: one rule book for the page, none for the protocol that recorders use.",
    ),
    Flaw(
        "weak-by-older-api",
        ("SYS-04",),
        "The older interface for changing a password takes any password.",
        "Pattern: rules were added to the new interface, the old one was kept for the app.",
    ),
    Flaw(
        "weak-one-class",
        ("SYS-04",),
        "Passwords of one kind of characters are taken, such as small letters only.",
        "Pattern: length is the only rule.",
    ),
    Flaw(
        "weak-common",
        ("SYS-04",),
        "Passwords that many people have are taken, if they have letters and digits.",
        "Pattern: rules of composition without a list: password1 fits them.",
    ),
    Flaw(
        "weak-short",
        ("SYS-04",),
        "Six characters are enough.",
        "Pattern: the rule of an older product line.",
    ),
    Flaw(
        "lock-missing-onvif",
        ("SYS-06",),
        "ONVIF counts no failed log-ins; page and RTSP lock.",
        "AQSIQ 2017: no handling of failed log-ins in 18 of 40 cameras; often one service of several is left out.",
    ),
    Flaw(
        "lock-per-connection-rtsp",
        ("SYS-06",),
        "RTSP counts failed log-ins for each connection only; a new connection begins at zero.",
        "Pattern: the counter is a member of the connection's object.",
    ),
    Flaw(
        "lock-per-address",
        ("SYS-06",),
        "Failed log-ins are counted by address of the client: another address begins at zero.",
        "Pattern: fail2ban-like rules; botnets guess from thousands of addresses (Mirai).",
    ),
    Flaw(
        "lock-one-minute-rtsp",
        ("SYS-06",),
        "On RTSP the lock after ten failures lasts a minute: 600 guesses an hour, for ever.",
        "Pattern: the example of a standard (five tries, a minute) taken as it stands.",
    ),
    Flaw(
        "lock-lets-the-right-one-in",
        ("SYS-06",),
        "While locked, wrong passwords are answered as locked, and the right one is let in.",
        "Pattern: the lock is looked at after the comparison; guessing goes on at full speed.",
    ),
    Flaw(
        "lock-late",
        ("SYS-06",),
        "The lock comes after 25 failures, ten are declared.",
        "Pattern: the limit was raised after complaints, the documents were not.",
    ),
    Flaw(
        "lock-for-good-rtsp",
        ("SYS-06",),
        "After ten failures RTSP refuses the account until the camera restarts: anybody can lock its owner out.",
        "Pattern: a lock without an end, met in door stations: the owner has to pull the plug.",
    ),
    Flaw(
        "old-password-rtsp",
        ("SYS-07",),
        "After a change RTSP takes the new password and the one before it.",
        "sonoff-hack issue 62: the web page takes the new password, RTSP still the old one.",
    ),
    Flaw(
        "old-password-onvif",
        ("SYS-07",),
        "After a change ONVIF takes the new password and the one before it.",
        "Pattern: the ONVIF service keeps a copy of the passwords of its own (thingino issue 734: three services, three copies).",
    ),
    Flaw(
        "old-password-web",
        ("SYS-07",),
        "After a change the page's log-in takes the new password and the one before it.",
        "Pattern: the web server caches log-ins that succeeded.",
    ),
    Flaw(
        "sessions-survive",
        ("SYS-07",),
        "Web sessions go on after the password was changed.",
        "Pattern: tokens are not tied to the password that opened them.",
    ),
    Flaw(
        "second-session-survives",
        ("SYS-07",),
        "Only the session that changed the password ends; the others go on.",
        "Pattern: the page logs itself out and nobody else.",
    ),
    Flaw(
        "stream-survives",
        ("SYS-07",),
        "Streams that play go on after the password was changed.",
        "Pattern: RTSP checks the login at the start of a viewing and never again.",
    ),
    Flaw(
        "change-without-current",
        ("SYS-07",),
        "The password is changed when the current one is left out of the request; a wrong one is refused.",
        "Pattern: an optional field is only checked when it is there.",
    ),
    Flaw(
        "change-wrong-current",
        ("SYS-07",),
        "The password is changed with any current value that is not empty.",
        "Pattern: the page compares, the server only looks for the field.",
    ),
    Flaw(
        "change-legacy-api",
        ("SYS-07",),
        "The older interface /api/v1/user/edit changes the password without looking at the current one.",
        "Pattern: a new interface was made sound, the old one was kept for the app.",
    ),
    Flaw(
        "onvif-change-unauthenticated",
        ("SYS-07",),
        "ONVIF SetUser is granted without a valid token.",
        "Pattern: operations that write are missing in the table of access classes.",
    ),
)


def chosen(names: Iterable[str]) -> frozenset[str]:
    """The names as a set; raises ValueError with the whole list when one is unknown."""
    wanted, known = frozenset(names), [flaw.name for flaw in FLAWS]
    if unknown := sorted(wanted.difference(known)):
        raise ValueError(f"unknown flaw {', '.join(unknown)}; known are: {', '.join(known)}")
    return wanted
