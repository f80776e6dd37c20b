# The test script: boots the machines, waits until they are ready, has the verifier run each group in `client`, obeys
# its orders that only the host can carry out, and copies everything out in every case. It judges nothing.
import json
from pathlib import Path

RESULTS = "/var/lib/persys-e2e"
CHANNEL = "/run/persys-host-channel"
BOOT_SECONDS = 1500
by_name: dict[str, Any] = {machine.name: machine for machine in machines}
verifier: Any = by_name[SETTINGS["client"]]


def accelerated() -> bool:
    """Whether the machines have KVM, as one of them sees it: that the host has the device says little."""
    return verifier.execute("systemd-detect-virt")[1].strip() == "kvm"


def boot_machines() -> bool:
    """All at once where that is quick. Emulated machines would take each other's time until their own waiting for
    devices runs out, so that they boot one after the other, those first that others wait for."""
    verifier.start()
    verifier.connect()
    if accelerated():
        start_all()
        return True
    log.log("There is no KVM: the machines are emulated, and the timeouts scaled by what is measured.")
    for name in SETTINGS["order"]:
        by_name[name].start()
        by_name[name].connect()
    return False


def await_machines() -> None:
    """A unit of a component is active when the component said that it is ready; the verifier looks for itself."""
    for name, units in SETTINGS["units"].items():
        for unit in units:
            by_name[name].wait_for_unit(unit, timeout=BOOT_SECONDS)


def obey(order: str, name: str) -> None:
    machine = by_name.get(name)
    if machine is None or machine is verifier:
        raise Exception(f"{name} is no machine that can be taken away")
    if order == "crash":
        machine.crash()
    elif order == "start":
        machine.start()
    elif order == "reboot":
        machine.shutdown()
        machine.start()
    elif order == "block":
        machine.block()
    elif order == "unblock":
        machine.unblock()
    else:
        raise Exception(f"there is no order {order}")


def answer(request: dict[str, Any]) -> None:
    reply: dict[str, Any] = {"id": request["id"], "ok": True}
    try:
        obey(request["order"], request["machine"])
    except Exception as error:
        reply = {"id": request["id"], "ok": False, "error": str(error)}
    path = f"{CHANNEL}/answers/{request['id']}.json"
    text = json.dumps(reply).replace("'", "")
    verifier.succeed(f"echo '{text}' > {path}.new && mv {path}.new {path}")


def run_group(group: str, selected: str, kvm: bool) -> None:
    """Runs one group to its end; raises when what it left is no complete report."""
    folder = f"{RESULTS}/{group}"
    facts = f"--fact backend=vm --fact kvm={'yes' if kvm else 'no'}"
    note = "" if kvm else "--note 'The machines run without KVM: everything is slower.'"
    options = f"--results {folder} --host-channel {CHANNEL} --timeout-scale auto {facts} {note}"
    verifier.succeed(f"persys-e2e-start {group} {options} {selected}")
    while True:
        # Waits in the machine until there is something to do.
        word = verifier.succeed("persys-e2e-await").strip()
        if word.startswith("ended"):
            log.log(f"{group}: the verifier {word}")
            break
        for line in word.split("\n"):
            if line:
                answer(json.loads(line))
    verifier.copy_from_vm(folder, "")
    status, said = verifier.execute(f"persys-verifier report --hydra {folder} {folder}")
    print(said)
    if status != 0:
        raise Exception(f"{group} left no complete report")


def copy_out() -> None:
    """Every machine's journal and logs, and what is there of a group that did not come to its end."""
    for machine in by_name.values():
        if not machine.booted:
            continue
        machine.execute("journalctl --no-pager --output=short-precise > /tmp/journal.log", timeout=120)
        machine.copy_from_vm("/tmp/journal.log", f"journals/{machine.name}")
        machine.copy_from_vm("/var/log/persys", f"journals/{machine.name}")
    for name in [group["name"] for group in SETTINGS["groups"]]:
        there = (Path(verifier.out_dir) / name).exists()
        if not there and verifier.execute(f"test -e {RESULTS}/{name}")[0] == 0:
            verifier.copy_from_vm(f"{RESULTS}/{name}", "")


try:
    with subtest("every machine gets ready"):
        kvm = boot_machines()
        await_machines()
    for group in SETTINGS["groups"]:
        with subtest(f"{group['name']} leaves a complete report"):
            run_group(group["name"], group["options"], kvm)
finally:
    copy_out()
