//! Scenario `service-discovery` (strategy §3): schedulers are found through DNS,
//! used, missed when they go, and found again.

mod address_fallback;
mod broken_orders;
mod death;
mod dns_outage;
mod etcd_outage;
mod frozen;
mod hits;
mod planted;
mod records;
mod registration;
mod site;
mod traffic;
mod usage;

use persys_contract::topology::Feature;

use crate::{
    plan::{Budget, HEALS, Requirement, Scenario, Step},
    step,
};

const LEASED: &[Requirement] = &[Requirement::Feature(Feature::LeasedDiscovery)];

pub const SCENARIO: Scenario = Scenario {
    id: "service-discovery",
    title: "Service discovery",
    objective: "the gateway finds the schedulers through CoreDNS, and goes on while schedulers, CoreDNS or etcd come and go",
    source: "strategy §3",
    labels: &[],
    requires: &[],
    steps: &[
        Step {
            id: "srv-records",
            title: "CoreDNS gives every scheduler's SRV record over UDP and over TCP",
            source: "strategy §3 step 1, contract §5",
            run: step!(records::services),
            ..Step::BLANK
        },
        Step {
            id: "address-records",
            title: "CoreDNS gives every scheduler's address over UDP and over TCP, and none for a name that nobody has",
            source: "strategy §3 step 1",
            needs: &["srv-records"],
            run: step!(records::addresses),
            ..Step::BLANK
        },
        Step {
            id: "registered-under-lease",
            title: "every scheduler's records are the contract's, and live by a lease of 15 s that it keeps alive",
            source: "strategy §3 step 2, contract §5",
            needs: &["srv-records"],
            requires: LEASED,
            run: step!(registration::under_lease),
            ..Step::BLANK
        },
        Step {
            id: "gateway-uses-discovered",
            title: "the gateway knows the schedulers that DNS names, and uses one of them",
            source: "strategy §3 step 3, result 1",
            needs: &["srv-records"],
            budget: Budget::seconds(10).plus_discoveries(2),
            run: step!(usage::gateway_uses_discovered),
            ..Step::BLANK
        },
        Step {
            id: "every-scheduler-serves",
            title: "with several schedulers the gateway's requests get to each of them",
            source: "strategy §3 step 4, result 3",
            needs: &["gateway-uses-discovered"],
            budget: Budget::seconds(15),
            run: step!(usage::every_scheduler_serves),
            ..Step::BLANK
        },
        Step {
            id: "one-scheduler-leads",
            title: "exactly one of the schedulers leads, and all of them say who",
            source: "contract §5",
            needs: &["srv-records"],
            requires: LEASED,
            run: step!(usage::one_leads),
            ..Step::BLANK
        },
        Step {
            id: "unreachable-record-skipped",
            title: "records of schedulers that are not there cost no request",
            source: "strategy §3 step 5",
            needs: &["gateway-uses-discovered"],
            budget: Budget::seconds(15).plus_discoveries(5),
            run: step!(planted::skipped),
            ..Step::BLANK
        },
        Step {
            id: "planted-record-forgotten",
            labels: &[HEALS],
            title: "the gateway forgets a scheduler whose record went",
            source: "strategy §3 step 5",
            needs: &["unreachable-record-skipped"],
            budget: Budget::seconds(10).plus_discoveries(3),
            run: step!(planted::forgotten),
            ..Step::BLANK
        },
        Step {
            id: "broken-order-not-repeated",
            title: "an order whose connection broke after it was sent, or that is not answered, is told as such and sent to nobody else, and reads are",
            source: "strategy §3 step 4, contract §3.1",
            needs: &["gateway-uses-discovered"],
            budget: Budget::seconds(25).plus_discoveries(5),
            run: step!(broken_orders::not_repeated),
            ..Step::BLANK
        },
        Step {
            id: "frozen-scheduler-unnoticed",
            title: "a scheduler is frozen: every read is served within 2 s, and so is every order 2 s later",
            source: "strategy §3 step 4, result 3, contract §3.1, §5",
            needs: &["every-scheduler-serves", "one-scheduler-leads"],
            requires: LEASED,
            budget: Budget::seconds(30).plus_discoveries(2),
            run: step!(frozen::requests_go_on),
            ..Step::BLANK
        },
        Step {
            id: "killed-scheduler-unnoticed",
            title: "the leader is killed, and no request fails for longer than 2 s",
            source: "strategy §3 step 4, result 3, contract §5",
            needs: &["registered-under-lease", "every-scheduler-serves", "one-scheduler-leads"],
            requires: LEASED,
            budget: Budget::seconds(25),
            run: step!(death::requests_go_on),
            ..Step::BLANK
        },
        Step {
            id: "leader-fails-over",
            title: "another scheduler leads once the killed one's lease has ended, and no two do",
            source: "contract §5",
            needs: &["killed-scheduler-unnoticed"],
            requires: LEASED,
            budget: Budget::seconds(30),
            run: step!(death::leader_fails_over),
            ..Step::BLANK
        },
        Step {
            id: "dead-record-goes",
            title: "the killed scheduler's records go with its lease, from etcd, DNS and the gateway",
            source: "contract §5",
            needs: &["killed-scheduler-unnoticed"],
            requires: LEASED,
            budget: Budget::seconds(30).plus_discoveries(3),
            run: step!(death::record_goes),
            ..Step::BLANK
        },
        Step {
            id: "survivors-kept-alive",
            title: "the other schedulers' records outlive the lease's time, since they keep it alive",
            source: "contract §5",
            needs: &["killed-scheduler-unnoticed"],
            requires: LEASED,
            budget: Budget::seconds(25),
            run: step!(death::survivors_kept_alive),
            ..Step::BLANK
        },
        Step {
            id: "survivor-serves",
            title: "the schedulers that are left run a new workload, and until now no request failed for longer than 2 s",
            source: "strategy §3 result 3",
            needs: &["leader-fails-over", "dead-record-goes"],
            requires: LEASED,
            budget: Budget::seconds(30),
            run: step!(death::survivor_serves),
            ..Step::BLANK
        },
        Step {
            id: "scheduler-returns",
            labels: &[HEALS],
            title: "the killed scheduler comes back under a new lease, is discovered and used again",
            source: "strategy §3 step 4, results 1 and 3",
            needs: &["killed-scheduler-unnoticed"],
            requires: LEASED,
            budget: Budget::seconds(25).plus_discoveries(3),
            run: step!(death::returns),
        },
        Step {
            id: "stopped-scheduler-deregisters",
            title: "a scheduler that is stopped takes its records along, leads no more, and no request fails for longer than 2 s",
            source: "contract §5",
            needs: &["scheduler-returns"],
            requires: LEASED,
            budget: Budget::seconds(30).plus_discoveries(2),
            run: step!(death::stopped_deregisters),
            ..Step::BLANK
        },
        Step {
            id: "no-scheduler-told",
            title: "while every scheduler is stopped, reads and orders are refused with 502 scheduler_unreachable",
            source: "contract §3.1",
            needs: &["stopped-scheduler-deregisters"],
            requires: LEASED,
            budget: Budget::seconds(25),
            run: step!(death::none_left),
            ..Step::BLANK
        },
        Step {
            id: "scheduler-joins",
            labels: &[HEALS],
            title: "a scheduler that is started joins the others and is used",
            source: "strategy §3 step 4, results 1 and 3",
            needs: &["stopped-scheduler-deregisters"],
            requires: LEASED,
            budget: Budget::seconds(25).plus_discoveries(3),
            run: step!(death::joins),
        },
        Step {
            id: "address-records-suffice",
            title: "a gateway that finds no SRV record goes by the schedulers' addresses",
            source: "contract §5",
            needs: &["gateway-uses-discovered"],
            requires: LEASED,
            budget: Budget::seconds(35).plus_discoveries(3),
            run: step!(address_fallback::addresses_suffice),
            ..Step::BLANK
        },
        Step {
            id: "dns-outage-unnoticed",
            title: "while CoreDNS is away the gateway uses the schedulers that it knows",
            source: "strategy §3 step 5",
            needs: &["gateway-uses-discovered"],
            budget: Budget::seconds(25).plus_discoveries(4),
            run: step!(dns_outage::requests_go_on),
            ..Step::BLANK
        },
        Step {
            id: "configured-address-works",
            title: "a gateway that starts without discovery uses the address it is configured with",
            source: "strategy §3 step 5, result 2",
            needs: &["dns-outage-unnoticed"],
            budget: Budget::seconds(40).plus_discoveries(2),
            run: step!(dns_outage::falls_back),
            ..Step::BLANK
        },
        Step {
            id: "dns-returns",
            labels: &[HEALS],
            title: "once CoreDNS is back the gateway learns of schedulers again",
            source: "strategy §3 step 5",
            needs: &["dns-outage-unnoticed"],
            budget: Budget::seconds(25).plus_discoveries(6),
            run: step!(dns_outage::back),
            ..Step::BLANK
        },
        Step {
            id: "etcd-outage-refused",
            title: "while etcd is away, reads and orders are refused with 503 store_unavailable within 5 s",
            source: "contract §6",
            needs: &["gateway-uses-discovered"],
            budget: Budget::seconds(25),
            run: step!(etcd_outage::refused),
            ..Step::BLANK
        },
        Step {
            id: "etcd-returns",
            labels: &[HEALS],
            title: "once etcd is back everything works without a restart, and of what was refused nothing is stored",
            source: "contract §6",
            needs: &["etcd-outage-refused"],
            budget: Budget::seconds(45).plus_discoveries(4),
            run: step!(etcd_outage::recovers),
            ..Step::BLANK
        },
    ],
};
