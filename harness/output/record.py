"""`record.json`: all that renderers get, so that a report can be written again from it alone. Fields are only ever added."""

import json
from pathlib import Path

from pydantic import ValidationError

from harness.model.errors import UsageError
from harness.model.record import RunRecord

NAME = "record.json"
_LONGEST = 512 << 20


def render(record: RunRecord) -> bytes:
    """The record, in ASCII: nothing in it can act on a terminal; a lone surrogate, which JSON cannot carry, becomes `?`."""
    text = json.dumps(record.model_dump(mode="json", by_alias=True), ensure_ascii=False).encode("utf-8", "replace").decode()
    return json.dumps(json.loads(text), indent=1).replace("\x7f", "\\u007f").encode("ascii") + b"\n"


def read(folder: Path) -> RunRecord:
    """The record of a finished run; UsageError with what to do where there is none."""
    path = folder / NAME
    if not (path.exists() or (folder / "run.json").is_file()):
        raise UsageError(f"{folder}: this is not a run of camlabel; give a folder below runs/")
    if not path.is_file() or path.is_symlink():
        remedy = f"`camlabel run --resume {folder}` goes on with a run that was cut, `camlabel rejudge {folder}` judges an older one again"
        raise UsageError(f"{path}: missing; {remedy}")
    if path.stat().st_size > _LONGEST:
        raise UsageError(f"{path}: too long to be a record")
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: not a record that this version can read: {where}: {first['msg']}") from error
