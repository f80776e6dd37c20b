//! The schedulers' records, as CoreDNS gives them.

use std::collections::BTreeSet;

use super::site::{names, schedulers, until_named};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    probe::{ARecord, DnsAnswer, SrvRecord},
};

/// Seconds that anybody may keep an answer (contract §1 and §5).
const LONGEST_TTL: u32 = 2;

pub async fn services(cx: &mut Context) -> StepResult {
    let wanted = schedulers(cx);
    until_named(cx, &wanted).await?;
    let service = names(cx).service_name();
    let (udp, tcp) = (cx.dns(), cx.dns().over_tcp());
    let answers = [("UDP", udp.srv(&service).await?), ("TCP", tcp.srv(&service).await?)];
    let mut checks = cx.checks();
    for (transport, answer) in &answers {
        checks.equal(&format!("code over {transport}"), answer.code.as_str(), "NoError");
        checks.equal(&format!("records over {transport}"), answer.records.len(), wanted.len());
        for SrvRecord { target, port, priority, weight, ttl } in &answer.records {
            let of = format!("of {target} over {transport}");
            checks.equal(&format!("port {of}"), *port, cx.topology().ports.scheduler);
            checks.equal(&format!("priority {of}"), *priority, 10);
            // CoreDNS gives each its share of the weights.
            checks.is_true(&format!("weight {of}"), *weight > 0, "it is 0: never to be chosen");
            checks.between(&format!("seconds to live {of}"), *ttl, 0, LONGEST_TTL);
        }
    }
    let [(_, udp), (_, tcp)] = &answers;
    checks.equal("targets over TCP", targets(tcp), targets(udp));
    checks.finish()
}

fn targets(answer: &DnsAnswer<SrvRecord>) -> BTreeSet<&str> {
    answer.records.iter().map(|record| record.target.as_str()).collect()
}

pub async fn addresses(cx: &mut Context) -> StepResult {
    let name = names(cx).scheduler_name();
    let wanted: BTreeSet<_> = schedulers(cx).values().map(|address| *address.ip()).collect();
    let (udp, tcp) = (cx.dns(), cx.dns().over_tcp());
    let found = |answer: &DnsAnswer<ARecord>| -> BTreeSet<_> {
        answer.records.iter().map(|record| record.address).collect()
    };
    cx.wait(format!("{name} has the schedulers' addresses over UDP and TCP"), || async {
        for (transport, dns) in [("UDP", &udp), ("TCP", &tcp)] {
            match dns.a(&name).await {
                Ok(answer) if found(&answer) == wanted => {}
                Ok(answer) => return Progress::not_yet(format!("over {transport}: {answer:?}")),
                Err(error) => return Progress::unanswered(error),
            }
        }
        Progress::Ready(())
    })
    .await?;
    let mut checks = cx.checks();
    for record in udp.a(&name).await?.records {
        let what = format!("seconds to live of {}", record.address);
        checks.between(&what, record.ttl, 0, LONGEST_TTL);
    }
    let absent = names(cx).node_name(&cx.unique("nobody"));
    for (transport, dns) in [("UDP", &udp), ("TCP", &tcp)] {
        let answer = dns.a(&absent).await?;
        checks.equal(&format!("{absent} over {transport}"), answer.code.as_str(), "NXDomain");
    }
    checks.finish()
}
