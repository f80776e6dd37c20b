# The test script: boots the machines, waits until they are ready, has the verifier run each group in `client`, obeys
# its orders that only the host can carry out, and copies out what can be had in every case. It judges nothing.
import json
import select
from pathlib import Path

RESULTS = "/var/lib/persys-e2e"
CHANNEL = "/run/persys-host-channel"
JOURNAL = "journalctl --no-pager --output=short-precise > /tmp/journal.log"
BOOT_SECONDS = 1500
# Not `machines`, which newer drivers have under other names.
by_name: dict[str, Any] = {machine.name: machine for machine in driver.machines}
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


def await_machine(name: str) -> None:
    """A unit of a component is active when the component said that it is ready; the verifier looks for itself."""
    for unit in SETTINGS["units"][name]:
        by_name[name].wait_for_unit(unit, timeout=BOOT_SECONDS)


def has_shell(machine: Any, within: int) -> bool:
    """Whether the machine has a shell. The driver itself would wait for ever for that of one that hangs."""
    if not machine.booted:
        return False
    return machine.connected or bool(select.select([machine.shell], [], [], within)[0])


def copy_from(machine: Any, source: str, folder: str) -> None:
    """By the name that the driver has for it: newer ones warn of the older."""
    copy = getattr(machine, "copy_from_machine", None) or machine.copy_from_vm
    copy(source, folder)


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


def restore(group: str) -> None:
    """What docs/host-channel.md promises for the verifier's end: a killed one heals nothing, and the next group needs
    every machine."""
    try:
        # Only one whose orders could not be carried out still runs.
        verifier.execute(f"systemctl stop persys-e2e-{group}", timeout=120)
    except Exception as error:
        log.log(f"{group}: the verifier may still run: {error}")
    for name, machine in by_name.items():
        try:
            machine.start()
            machine.unblock()
            # Of one that has been off, the driver has not heard yet.
            if not machine.connected:
                if not has_shell(machine, BOOT_SECONDS):
                    raise Exception("it has no shell")
                await_machine(name)
        except Exception as error:
            log.log(f"{name} is not as it was: {error}")


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
    copy_from(verifier, folder, "")
    status, said = verifier.execute(f"persys-verifier report --hydra {folder} {folder}")
    print(said)
    if status != 0:
        raise Exception(f"{group} left no complete report")


def run_groups(kvm: bool) -> None:
    """All of them, whatever became of those before: the run of each group judges its own folder."""
    incomplete: list[str] = []
    for group in SETTINGS["groups"]:
        name = group["name"]
        try:
            with subtest(f"{name} leaves a complete report"):
                run_group(name, group["options"], kvm)
        except Exception as error:
            log.log(f"{name}: {error}")
            incomplete.append(name)
        restore(name)
    if len(incomplete) == len(SETTINGS["groups"]):
        raise Exception(f"no complete report: {', '.join(incomplete)}")


def copy_out() -> None:
    """The results of groups that did not come to their end, then every machine's journal and logs. What cannot be had
    is told, in `missing` too, and keeps nothing else back; nor does it take the place of the error that led here."""
    missing: list[str] = []

    def try_to_copy(machine: Any, source: str, folder: str, made_by: str = "true") -> None:
        try:
            machine.execute(made_by, timeout=120)
            copy_from(machine, source, folder)
        except Exception as error:
            missing.append(f"{source} of {machine.name}: {error}")

    out = Path(verifier.out_dir)
    silent = [machine.name for machine in by_name.values() if not has_shell(machine, 60)]
    missing += [f"everything of {name}: it is off, or has no shell" for name in silent]
    if verifier.name not in silent:
        for name in [group["name"] for group in SETTINGS["groups"]]:
            if not (out / name).exists():
                try_to_copy(verifier, f"{RESULTS}/{name}", "")
    for machine in by_name.values():
        if machine.name not in silent:
            folder = f"journals/{machine.name}"
            try_to_copy(machine, "/tmp/journal.log", folder, made_by=JOURNAL)
            try_to_copy(machine, "/var/log/persys", folder)
    for what in missing:
        log.log(f"missing: {what}")
    if missing:
        out.mkdir(parents=True, exist_ok=True)
        (out / "missing").write_text("".join(f"{what}\n" for what in missing))


try:
    with subtest("every machine gets ready"):
        kvm = boot_machines()
        for name in SETTINGS["units"]:
            await_machine(name)
    run_groups(kvm)
finally:
    copy_out()
