"""What the stand-in internet notes is bounded, and says when there was more."""

from harness.lab.router.notebook import Notebook
from harness.transports.recorders import Question, Received


def test_connections_and_datagrams_are_read_as_they_stand() -> None:
    notebook = Notebook()
    talk = notebook.connection("192.168.77.20", "198.18.0.9", 443)
    talk.call("api.vendor.example")
    talk.call("other.vendor.example")
    talk.took(10, 20)
    for _ in range(3):
        notebook.datagram(("192.168.77.20", 5000), ("203.0.113.7", 9999)).took(4)
    notebook.question("192.168.77.20", "api.vendor.example", "A", "198.18.0.9")
    seen = [Received.model_validate(entry) for entry in notebook.read()["received"]]
    assert [(each.transport, each.address, each.port, each.name, each.sent, each.answered) for each in seen] == [
        ("tcp", "198.18.0.9", 443, "api.vendor.example", 10, 20),
        ("udp", "203.0.113.7", 9999, "", 12, 0),
    ]
    assert [Question.model_validate(each).name for each in notebook.read()["questions"]] == ["api.vendor.example"]
    assert not notebook.read()["overflowed"]


def test_more_than_is_kept_is_said() -> None:
    for flood in ("connection", "datagram", "question"):
        notebook = Notebook(most=5)
        for number in range(20):
            match flood:
                case "connection":
                    notebook.connection("192.168.77.20", "198.18.0.9", number)
                case "datagram":
                    notebook.datagram(("192.168.77.20", number), ("198.18.0.9", 9)).took(1)
                case _:
                    notebook.question("192.168.77.20", "x" * 9999, "A", "")
        read = notebook.read()
        assert read["overflowed"]
        assert len(read["received"]) + len(read["questions"]) == 5
        assert all(len(each["name"]) == 255 for each in read["questions"])
