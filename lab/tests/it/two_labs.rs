//! Labs at the same time know nothing of each other.

use crate::lab::{Lab, persys_lab, text};

#[test]
fn two_labs_with_the_same_addresses_do_not_meet() {
    let first = Lab::up("twin", &["--bare"]);
    let second = Lab::up("twin", &["--bare"]);
    first.on("agent1", "docker run --detach --name only-here persys-test/web:1");
    assert_eq!(second.on("agent1", "docker ps --all --quiet"), "");
    // The same address, and each its own machine.
    let page = |lab: &Lab| {
        lab.on("agent1", "docker run --detach --publish 8081:80 persys-test/web:1");
        lab.on("client", "timeout 5 busybox wget -q -O - http://10.77.0.61:8081/")
    };
    assert_eq!(page(&second), "persys test page");
    drop(second);
    assert_eq!(first.on("agent1", "docker ps --quiet --filter name=only-here").len(), 12);
    assert_eq!(page(&first), "persys test page");
}

#[test]
fn a_name_that_is_taken_is_refused_and_default_names_differ() {
    let lab = Lab::up("taken", &["--bare"]);
    let again = persys_lab(["up", "--bare", "--name", &lab.name]).output().unwrap();
    assert_eq!(again.status.code(), Some(3));
    assert!(text(&again).contains("a lab of that name is up"), "{}", text(&again));
    // Where the name is not said, each gets one of its own.
    let name = |said: &str| {
        let line = said.lines().find(|line| line.contains(" is up after ")).expect("it says so");
        line.split(' ').nth(2).expect("its name is there").to_owned()
    };
    let mut names = Vec::new();
    for _ in 0..2 {
        let output = persys_lab(["up", "--bare"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        names.push(Lab { name: name(&text(&output)) });
    }
    assert_ne!(names[0].name, names[1].name);
    for lab in &names {
        assert_eq!(lab.status()["name"], lab.name);
    }
}
