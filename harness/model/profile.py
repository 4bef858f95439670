"""The device profile: what its producer declares (ICS, IXIT) and how it is made to act; read by harness.profile."""

from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from harness.model.api import Api
from harness.model.audit import LogTable
from harness.model.base import Frozen
from harness.model.decision import UserDec
from harness.model.host import Host
from harness.model.log_ins import Ready, as_recipe
from harness.model.package import PackageLayout
from harness.model.recipe import ActionName, Aliased, DrivenAction, Recipe
from harness.model.vocabulary import State, YesNo

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Text = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


def _table_kind(value: object) -> str:
    return "mapping" if isinstance(value, dict) else "list"


Known = Annotated[Recipe, BeforeValidator(as_recipe, json_schema_input_type=Recipe | Ready)]
Row = dict[str, JsonValue]
Table = Annotated[Annotated[Row, Tag("mapping")] | Annotated[tuple[Row, ...], Tag("list")], Discriminator(_table_kind)]

Protocol = Literal["http", "https", "onvif", "rtsp", "rtsps", "ws-discovery", "mdns", "upnp", "ssh", "telnet", "ftp", "p2p", "other"]
Interface = Literal["page", "api", "rtsp", "onvif", "http", "uart", "ssh", "telnet", "ftp", "app", "p2p"]
CloudProtocol = Literal[
    "https", "http", "tls", "tcp", "udp", "quic", "dtls", "ntp", "dns", "dot", "mqtt", "mqtts", "rtsp", "rtsps", "rtmp", "rtmps",
    "stun", "turn", "coap", "coaps", "srt", "other",
]  # fmt: skip
OVER_UDP = ("udp", "quic", "dtls", "ntp", "coap", "coaps", "srt")
OVER_BOTH = {"dns": ("udp", "tcp"), "stun": ("udp", "tcp"), "turn": ("udp", "tcp"), "other": ("udp", "tcp")}
OVER_TLS = ("https", "tls", "mqtts", "rtsps", "rtmps", "dot")
HTTP_PROTOCOLS = ("http", "https")
TLS_PROTOCOLS = ("https", "rtsps")
STANDARD_LOG_INS = ("rtsp", "onvif", "http")  # interfaces whose log-in is the protocol's own
STANDARD_CHANGES = ("onvif",)  # ways of changing a password that need no recipe


class Dut(Frozen):
    """Which product this is; versions are text. `aliases` are other texts by which the unit tells its model, hardware or firmware."""

    producer: Text
    model: Text
    hardware_revision: Text
    firmware_version: Text
    firmware_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    aliases: tuple[Text, ...] = ()
    serials: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()


class Scope(Frozen):
    """Does the label's scheme cover this product?"""

    standalone: YesNo
    consumer: YesNo
    public_security: YesNo


class Capability(Frozen):
    """One answer of the ICS: `yes`, or `{absent: reason}`."""

    present: bool
    reason: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: object) -> object:
        if value == "yes":
            return {"present": True}
        if value == "no":
            raise ValueError('is "no" without its reason; write {absent: "the reason"}')
        if isinstance(value, dict) and set(value) == {"absent"} and isinstance(value["absent"], str) and value["absent"].strip():
            return {"present": False, "reason": value["absent"]}
        raise ValueError('is neither yes nor {absent: "the reason"}; write one of the two')

    @model_serializer
    def _to_yaml(self) -> str | dict[str, str]:
        return "yes" if self.present else {"absent": self.reason}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The shape in YAML, not the one in Python."""
        reason = {"type": "string", "minLength": 1}
        absent = {"type": "object", "properties": {"absent": reason}, "required": ["absent"], "additionalProperties": False}
        return {"description": cls.__doc__, "oneOf": [{"const": "yes"}, absent]}


class LogIntf(Frozen):
    """A network service of the device (table 28-LogIntf); `before_login` lists ONVIF operations that answer without a log-in."""

    id: Name
    protocol: Protocol
    port: Port
    tls: YesNo | None = None
    path: str = ""
    transports: tuple[Literal["tcp", "udp"], ...] = ("tcp",)
    before_login: tuple[str, ...] = ()
    state: tuple[State, ...] = ()
    access: str = ""
    disclosed: str = ""
    wan: YesNo | None = None
    default: str = ""

    @property
    def uses_tls(self) -> bool:
        """Is TLS spoken from the first byte? What the entry says, else what the protocol says."""
        return self.protocol in TLS_PROTOCOLS if self.tls is None else self.tls

    @model_validator(mode="after")
    def _tls_agrees(self) -> Self:
        if self.protocol in TLS_PROTOCOLS and self.tls is False:
            raise ValueError(f"speaks {self.protocol} with tls: no; leave tls out, or name the protocol without TLS")
        return self


class BruteForce(Frozen):
    """The declared limit on guessing: after `failures` within `window_s` log-ins are refused for `lock_s`."""

    failures: Annotated[int, Field(ge=1)]
    window_s: Seconds
    lock_s: Seconds


class AuthMech(Frozen):
    """A surface that takes a password (table 1-AuthMech); `service` is a log_intf id, `change` lists ways to change the password."""

    id: Name
    interface: Interface
    service: str = ""
    factor: Literal["password", "pin", "certificate", "token", "biometric"] = "password"
    brute_force: BruteForce | None = None
    change: tuple[str, ...] = ()
    default_state: str = ""
    password_generation: str = ""
    entropy_bits: Count | None = None
    policy: str = ""


class Stream(Frozen):
    """A local stream or still picture; `auth` is an auth_mech id whose session opens it, or `digest` or `basic`."""

    id: Name
    protocol: Literal["rtsp", "rtsps", "snapshot"]
    service: str
    path: Annotated[str, Field(pattern="^/")]
    auth: str = ""
    local: str = ""
    remote: str = ""
    e2ee: str = ""


class CloudEndpoint(Frozen):
    """A server that the device contacts; `host` is a name, `*.name` for the names below it, or an address. What it is for and in which
    region it stands may be left empty, and is then judged."""

    host: Host
    port: Port
    protocol: CloudProtocol
    purpose: str = ""
    region: str = ""

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.host} {self.port}/{self.protocol}"

    @property
    def transports(self) -> tuple[str, ...]:
        """What carries the protocol."""
        return ("udp",) if self.protocol in OVER_UDP else OVER_BOTH.get(self.protocol, ("tcp",))


class Cloud(Frozen):
    """Servers of the device (table cloud); the other fields are free."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    endpoints: tuple[CloudEndpoint, ...] = ()


class ServerAnswer(Aliased):
    """What the producer's update server answers to a request whose path and query match `target`, one of three: the package itself,
    JSON, or a text. Both are templates of `version`, `size`, `sha256` and `md5` of the package on offer."""

    target: Text
    package: YesNo = False
    json_body: JsonValue = Field(default=None, alias="json")
    body: str = ""

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if sum((self.package, self.json_body is not None, bool(self.body))) != 1:
            raise ValueError("does not say what is answered; give exactly one of package: yes, json and body")
        return self


class UpdMech(Frozen):
    """A way of updating (table 7-UpdMech). `paths` are where a package comes from: `network`, or a name that `actions.offer_update` has
    a recipe for. `layout` says where in a package what lies, `server` what the update server answers, `staging` names partitions that
    packages are written into before they are verified; other fields are free."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    paths: tuple[Name, ...] = ()
    url: str = ""
    signature: str = ""
    layout: PackageLayout | None = None
    staging: tuple[Text, ...] = ()
    server: tuple[ServerAnswer, ...] = ()


class SessionIxit(Frozen):
    """What the producer says about sessions."""

    token_bits: Count | None = None
    idle_s: Seconds | None = None
    step_up_s: Seconds | None = None
    revocation_s: Seconds | None = None


class Ixit(Frozen):
    """The IXIT tables: nine are typed, the others of the catalogue are lists or mappings of free fields."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Table]

    log_intf: tuple[LogIntf, ...] = ()
    auth_mech: tuple[AuthMech, ...] = ()
    stream: tuple[Stream, ...] = ()
    cloud: Cloud = Cloud()
    upd_mech: tuple[UpdMech, ...] = ()
    api: Api = Api()
    user_dec: tuple[UserDec, ...] = ()
    log: LogTable = LogTable()
    session: SessionIxit = SessionIxit()

    @property
    def free(self) -> dict[str, Table]:
        """The tables without a type, by their catalogue name."""
        return dict(self.__pydantic_extra__)


class DriverFile(Frozen):
    """A Python file beside the profile that does these actions, and logs in on these surfaces (see harness.transports.driver)."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}\.py$")]
    actions: tuple[DrivenAction, ...] = ()
    log_ins: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60


class Profile(Aliased):
    """Everything known of a product before it is asked."""

    format: Literal["camlabel-profile/1"] = Field(alias="schema")
    dut: Dut
    scope: Scope
    capabilities: dict[str, Capability]
    ixit: Ixit
    actions: dict[ActionName, dict[str, Known]] = Field(default_factory=dict)
    driver: DriverFile | None = None

    def service(self, id: str) -> LogIntf | None:  # noqa: A002 - the IXIT's own word
        """The declared network service of this id."""
        return next((entry for entry in self.ixit.log_intf if entry.id == id), None)

    def surface(self, id: str) -> AuthMech | None:  # noqa: A002
        """The declared log-in surface of this id."""
        return next((entry for entry in self.ixit.auth_mech if entry.id == id), None)

    @property
    def http_service(self) -> LogIntf | None:
        """The service of steps that name none."""
        return next((entry for entry in self.ixit.log_intf if entry.protocol in HTTP_PROTOCOLS), None)

    def recipe(self, action: ActionName, way: str) -> Recipe | None:
        """The recipe of this action and way."""
        return self.actions.get(action, {}).get(way)

    def has(self, capability: str) -> bool:
        """Is the capability declared present?"""
        answer = self.capabilities.get(capability)
        return answer is not None and answer.present
