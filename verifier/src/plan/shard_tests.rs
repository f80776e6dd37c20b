use std::collections::BTreeMap;

use persys_contract::topology::Timings;
use proptest::prelude::*;

use super::*;
use crate::{
    plan::{Filter, shuffle},
    scenarios,
};

const PACE: Pace<'_> = Pace { timings: &Timings::PRODUCTION, scale: 1.0 };

fn whole() -> Vec<Selected> {
    Filter::default().select(scenarios::ALL).unwrap()
}

fn ids(share: &[Selected]) -> Vec<&'static str> {
    share.iter().map(|selected| selected.scenario.id).collect()
}

fn shares(of: u32, selection: &[Selected]) -> Vec<Vec<&'static str>> {
    (1..=of).map(|index| ids(&Shard { index, of }.share(selection, PACE))).collect()
}

#[test]
fn bad_values_say_what_is_wrong() {
    let error = |text: &str| text.parse::<Shard>().unwrap_err();
    for odd in ["x", "1", "1/", "/2", "1/x", "-1/2", "1/2/3", ""] {
        assert_eq!(error(odd), "must be I/N, such as 1/2 for the first of two shares", "{odd}");
    }
    assert_eq!(error("0/2"), "there is no share 0 of 2: they count from 1 to 2");
    assert_eq!(error("3/2"), "there is no share 3 of 2: they count from 1 to 2");
    assert_eq!(error("1/0"), "has 0 shares; there can be 1 to 100");
    assert_eq!(error("1/101"), "has 101 shares; there can be 1 to 100");
    assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
}

#[test]
fn one_share_is_the_whole() {
    assert_eq!(shares(1, &whole()), [ids(&whole())]);
}

#[test]
fn the_full_profile_falls_into_halves_that_weigh_about_the_same() {
    let selection = whole();
    let weight = |index| -> f64 {
        let share = Shard { index, of: 2 }.share(&selection, PACE);
        let shared = share.iter().filter(|selected| !selected.scenario.is_exclusive());
        shared.flat_map(|s| &s.steps).map(|s| PACE.resolve(s.budget).as_secs_f64()).sum()
    };
    let (first, second): (f64, f64) = (weight(1), weight(2));
    assert!(first.max(second) < 1.3 * first.min(second), "{first} and {second} seconds");
}

#[test]
fn shares_beyond_the_scenarios_are_empty() {
    let selection = Filter { only: vec!["basic-workflow".parse().unwrap()], ..Filter::default() };
    let selection = selection.select(scenarios::ALL).unwrap();
    assert_eq!(shares(3, &selection), [vec!["basic-workflow"], vec![], vec![]]);
}

proptest! {
    #[test]
    fn every_scenario_is_in_one_share_whatever_the_order(of in 1..12_u32, seed: u64) {
        let mut selection = whole();
        let plain = shares(of, &selection);
        shuffle(&mut selection, seed);
        let shuffled = shares(of, &selection);
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        plain.iter().flatten().for_each(|id| *seen.entry(*id).or_default() += 1);
        prop_assert_eq!(seen, selection.iter().map(|s| (s.scenario.id, 1)).collect());
        let order = ids(&selection);
        for (plain, shuffled) in plain.iter().zip(&shuffled) {
            let mut expected = plain.clone();
            let measures = |id: &&str| selection.iter().any(|s| s.scenario.id == *id && s.scenario.is_exclusive());
            // Whoever measures comes last, so that nobody is kept waiting.
            expected.sort_by_key(|id| (measures(id), order.iter().position(|known| known == id)));
            prop_assert_eq!(&expected, shuffled);
        }
    }
}
