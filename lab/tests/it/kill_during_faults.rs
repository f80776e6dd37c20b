//! Whoever is killed while there are faults of every kind, and whenever: they heal within their
//! leases, and nothing is left behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::StdRng};

use crate::{
    all_faults::{News, TTL, heard, held, holder, moment, orders, quiet},
    kill::nothing_is_left,
    lab::{Lab, persys_lab, unique},
    picture::{Picture, Viewer},
    snapshot::{self, Trap},
};

/// What healing itself takes: a component that was stopped is started and waited for.
const HEALING: Duration = Duration::from_secs(12);

/// `PERSYS_KILL_ROUNDS=50 cargo test -p persys-lab kill_during_faults` for the long series,
/// with `PERSYS_SEED` the same one again.
fn rounds() -> impl Iterator<Item = StdRng> {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let seed = number("PERSYS_SEED").unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let count = number("PERSYS_KILL_ROUNDS").unwrap_or(2);
    (seed..seed + count).map(|seed| {
        println!("PERSYS_SEED={seed} PERSYS_KILL_ROUNDS=1");
        StdRng::seed_from_u64(seed)
    })
}

#[test]
fn a_killed_verifiers_faults_heal_within_their_leases() {
    if held() {
        return;
    }
    let lab = Lab::up("verifier", &[]);
    lab.on("agent2", "docker run --detach persys-test/web:1");
    let viewer = Viewer::of(&lab);
    let before = settled(&viewer);
    let (mut in_force, mut slowest) = (BTreeMap::new(), Duration::ZERO);
    for mut random in rounds() {
        let (orders, moment) = (orders(&mut random), moment(&mut random));
        println!("  killed after {moment:?}");
        let test = "kill_during_faults::a_killed_verifiers_faults_heal_within_their_leases";
        let words = holder(test, &orders, Some(moment));
        let Holding { left, .. } = hold_until_its_end(&lab, &words);
        let killed = Instant::now();
        let seen = viewer.picture();
        // What was renewed last before the kill ends first; on a slow machine it may be over.
        let in_time = killed.elapsed() < TTL * 2 / 3;
        for (machine, kind) in left.iter().filter(|_| in_time) {
            assert_ne!(seen[machine], before[machine], "no {kind} is seen");
            *in_force.entry(kind.clone()).or_insert(0) += 1;
        }
        slowest = slowest.max(heals(&viewer, &before, killed));
    }
    println!(
        "in force when the verifier was killed: {in_force:?}; healed after {slowest:?} at most"
    );
    assert!(!in_force.is_empty(), "no fault was in force at any of the moments");
}

#[test]
fn a_killed_fault_daemons_faults_heal_within_their_leases() {
    if held() {
        return;
    }
    let lab = Lab::up("faultd", &[]);
    lab.on("agent2", "docker run --detach persys-test/web:1");
    let viewer = Viewer::of(&lab);
    let before = settled(&viewer);
    let (mut held_at_all, mut slowest) = (0, Duration::ZERO);
    for mut random in rounds() {
        let orders = orders(&mut random);
        let test = "kill_during_faults::a_killed_fault_daemons_faults_heal_within_their_leases";
        let words = holder(test, &orders, None);
        std::thread::scope(|scope| {
            let holding = scope.spawn(|| hold_until_its_end(&lab, &words));
            for machine in before.keys() {
                let (moment, lab) = (moment(&mut random), &lab);
                scope.spawn(move || {
                    std::thread::sleep(moment);
                    // Between two lives it has no process; then it is killed in the next one.
                    lab.on(machine, "until pkill -KILL -x persys-faultd; do sleep 0.02; done");
                });
            }
            held_at_all += holding.join().unwrap().held_at_all;
        });
        slowest = slowest.max(heals(&viewer, &before, Instant::now()));
    }
    println!("{held_at_all} faults; healed {slowest:?} after the last daemon was killed, at most");
    assert!(held_at_all > 0, "no fault was ever in force");
}

#[test]
fn a_killed_lab_leaves_nothing_of_its_faults() {
    if held() {
        return;
    }
    for mut random in rounds() {
        let (orders, moment) = (orders(&mut random), moment(&mut random));
        println!("  killed after {moment:?}");
        kill_lab(
            &holder("kill_during_faults::a_killed_lab_leaves_nothing_of_its_faults", &orders, None),
            moment,
        );
    }
}

fn kill_lab(words: &[String], moment: Duration) {
    let before = snapshot::host();
    let (lab, trap) = (unique("faults"), Trap::new());
    let results = trap.folder().join("results");
    let mut run = persys_lab(["run", "--name", &lab, "--results", results.to_str().unwrap(), "--"]);
    run.args(words);
    let mut run = trap.around(&run);
    let mut outermost = quiet(&mut run).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(outermost.stdout.take().unwrap()).lines();
    let begun =
        lines.by_ref().map_while(Result::ok).any(|line| matches!(heard(&line), Some(News::Begun)));
    assert!(begun, "the lab {lab} ended before any fault began");
    // Nobody may be held up by a full pipe.
    let reader = std::thread::spawn(move || {
        lines.map_while(Result::ok).filter_map(|line| heard(&line)).count()
    });
    let namespaces: BTreeSet<String> = snapshot::namespaces_below(outermost.id());
    std::thread::sleep(moment);
    outermost.kill().unwrap();
    let killed = snapshot::now();
    outermost.wait().unwrap();
    nothing_is_left(&lab, &namespaces, killed);
    println!("  {} things were told of faults before", reader.join().unwrap());
    assert_eq!(snapshot::host(), before);
    assert_eq!(trap.caught(), Vec::<String>::new());
}

/// What a holder has told.
struct Holding {
    /// Faults that came to be in force.
    held_at_all: usize,
    /// Those that it still held when it ended, by machine.
    left: Vec<(String, String)>,
}

/// Runs the holder on the client's machine.
fn hold_until_its_end(lab: &Lab, words: &[String]) -> Holding {
    let mut shell: Command = persys_lab(["shell", "--name", &lab.name, "client"]);
    let output = quiet(shell.args(words)).output().unwrap();
    let mut holding = Holding { held_at_all: 0, left: Vec::new() };
    let mut begun = false;
    for news in String::from_utf8_lossy(&output.stdout).lines().filter_map(heard) {
        match news {
            News::Begun => begun = true,
            News::Held { machine, kind } => {
                holding.held_at_all += 1;
                holding.left.push((machine, kind));
            }
            News::Over { machine, kind, why } => {
                println!("  {machine}: {kind}: {why}");
                holding.left.retain(|other| *other != (machine.clone(), kind.clone()));
            }
        }
    }
    assert!(begun, "the holder did not begin: {}", String::from_utf8_lossy(&output.stdout));
    holding
}

/// How the machines look when nothing is wrong any more with a lab that has just come up.
fn settled(viewer: &Viewer) -> Picture {
    let deadline = Instant::now() + HEALING;
    loop {
        let picture = viewer.picture();
        if picture.values().all(|machine| !machine.contains("is Starting")) {
            return picture;
        }
        assert!(Instant::now() < deadline, "{picture:#?}");
    }
}

/// How long it takes until every machine looks as before.
fn heals(viewer: &Viewer, before: &Picture, since: Instant) -> Duration {
    loop {
        let now = viewer.picture();
        let took = since.elapsed();
        if now == *before {
            return took;
        }
        if took > TTL + HEALING {
            let differ = now.iter().filter(|(machine, picture)| before[*machine] != **picture);
            let differ: BTreeMap<_, _> = differ.collect();
            panic!("not healed {took:?} after the kill: {differ:#?}, before: {before:#?}");
        }
    }
}
