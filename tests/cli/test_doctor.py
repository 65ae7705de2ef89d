import json

from apvg_cli.commands import doctor


def absent():
    raise ImportError("libGL.so.1: cannot open shared object file")


def test_this_machine_passes(apvg):
    outcome = apvg("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert "H.264 encoder" in outcome.out


def test_json(apvg):
    document = json.loads(apvg("doctor", "--json").out)
    assert document["machine"]["CPUs"] >= 1
    parts = {part["part"]: part for part in document["parts"]}
    assert parts["torch"]["found"]
    assert all(bool(part["cost"]) != part["found"] for part in parts.values())


def test_an_optional_part_costs_something_but_is_no_failure(apvg, monkeypatch):
    monkeypatch.setattr(doctor, "PARTS", (doctor.Part(name="pictures", find=absent, cost="no extract"),))
    outcome = apvg("doctor")
    assert outcome.code == 0
    assert "libGL.so.1" in outcome.out
    assert "no extract" in outcome.out


def test_a_required_part_is_a_failure(apvg, monkeypatch):
    part = doctor.Part(name="sound", find=absent, cost="nothing works", required=True)
    monkeypatch.setattr(doctor, "PARTS", (part,))
    outcome = apvg("doctor")
    assert (outcome.code, outcome.err) == (
        6,
        "apvg: Nothing works without sound; install apvg again with pip.\n",
    )
