//! From services to the records of an answer.

use std::{collections::BTreeMap, net::IpAddr};

use hickory_server::proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{A, AAAA, CNAME, SOA, SRV},
};

use super::service::Service;

/// Asked again so soon when the answer was no.
const DENIAL_TTL: u32 = 1;

#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub answers: Vec<Record>,
    pub additionals: Vec<Record>,
}

/// The records of a type; none of them when the name has only others.
pub fn answer(name: &Name, kind: RecordType, services: &[Service]) -> Answer {
    let mut answer = Answer::default();
    match kind {
        RecordType::A | RecordType::AAAA => {
            for service in services {
                answer.answers.extend(address(name, kind, service));
            }
        }
        RecordType::SRV => {
            let weights = weights(services);
            for (service, weight) in services.iter().zip(weights) {
                let Some((target, record)) = target(service) else { continue };
                let srv = SRV::new(service.priority(), weight, service.entry.port, target);
                let srv = Record::from_rdata(name.clone(), service.ttl(), RData::SRV(srv));
                answer.answers.push(srv);
                answer.additionals.extend(record);
            }
        }
        _ => {}
    }
    answer
}

/// Who answers for the zone, in answers that deny.
pub fn start_of_authority(zone: &Name) -> Record {
    let name = |label: &str| {
        Name::from_labels([label]).and_then(|name| name.append_domain(zone)).unwrap_or_default()
    };
    let serial = 1;
    let soa = SOA::new(name("ns"), name("hostmaster"), serial, 7200, 1800, 86400, DENIAL_TTL);
    Record::from_rdata(zone.clone(), DENIAL_TTL, RData::SOA(soa))
}

fn address(name: &Name, kind: RecordType, service: &Service) -> Option<Record> {
    let data = match (service.entry.host.parse(), kind) {
        (Ok(IpAddr::V4(address)), RecordType::A) => RData::A(A(address)),
        (Ok(IpAddr::V6(address)), RecordType::AAAA) => RData::AAAA(AAAA(address)),
        (Ok(_), _) => return None,
        (Err(_), _) => RData::CNAME(CNAME(Name::from_ascii(&service.entry.host).ok()?)),
    };
    Some(Record::from_rdata(name.clone(), service.ttl(), data))
}

/// A host with a name is the target itself; one with an address is reached by the
/// name of its key, and its address comes along.
fn target(service: &Service) -> Option<(Name, Option<Record>)> {
    let Ok(address) = service.entry.host.parse::<IpAddr>() else {
        return Some((Name::from_ascii(&service.entry.host).ok()?, None));
    };
    let name = service.name()?;
    let data = match address {
        IpAddr::V4(address) => RData::A(A(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA(address)),
    };
    let record = Record::from_rdata(name.clone(), service.ttl(), data);
    Some((name, Some(record)))
}

/// In hundredths of all of the same priority, as CoreDNS gives them.
fn weights(services: &[Service]) -> Vec<u16> {
    let own = |service: &Service| match service.entry.weight {
        0 => 100,
        weight => u32::from(weight),
    };
    let mut sums: BTreeMap<u16, u32> = BTreeMap::new();
    for service in services {
        *sums.entry(service.priority()).or_default() += own(service);
    }
    services
        .iter()
        .map(|service| {
            let share = own(service) * 100 / sums[&service.priority()].max(1);
            u16::try_from(share).unwrap_or(u16::MAX).max(1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(key: &str, value: &str) -> Service {
        Service::parse(format!("/skydns/local/persys/{key}").as_bytes(), value.as_bytes()).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    #[test]
    fn schedulers_are_srv_records_with_their_addresses() {
        let value =
            |ip| format!(r#"{{"host":"{ip}","port":8085,"priority":10,"weight":10,"ttl":2}}"#);
        let services = [
            service("_prow-scheduler/prow1", &value("10.0.0.1")),
            service("_prow-scheduler/prow2", &value("10.0.0.2")),
        ];
        let asked = name("_prow-scheduler.persys.local.");
        let answer = answer(&asked, RecordType::SRV, &services);
        let shown: Vec<_> = answer.answers.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown[0],
            "_prow-scheduler.persys.local. 2 IN SRV 10 50 8085 prow1._prow-scheduler.persys.local."
        );
        let shown: Vec<_> = answer.additionals.iter().map(ToString::to_string).collect();
        assert_eq!(shown[1], "prow2._prow-scheduler.persys.local. 2 IN A 10.0.0.2");
    }

    #[test]
    fn addresses_bear_the_name_that_was_asked() {
        let services = [
            service("scheduler/prow1", r#"{"host":"10.0.0.1","ttl":2}"#),
            service("scheduler/prow2", r#"{"host":"10.0.0.2","ttl":2}"#),
        ];
        let asked = name("scheduler.persys.local.");
        let answers = answer(&asked, RecordType::A, &services).answers;
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0].to_string(), "scheduler.persys.local. 2 IN A 10.0.0.1");
        // The name exists, with no record of that type.
        assert_eq!(answer(&asked, RecordType::AAAA, &services), Answer::default());
        assert_eq!(answer(&asked, RecordType::TXT, &services), Answer::default());
    }

    #[test]
    fn a_denial_says_for_how_long() {
        let shown = start_of_authority(&name("persys.local.")).to_string();
        assert!(
            shown.starts_with("persys.local. 1 IN SOA ns.persys.local. hostmaster."),
            "{shown}"
        );
    }
}
