//! An operation as HTTP to the gateway.

use persys_contract::{DesiredState, Workload};

use super::{conduct::Conduct, reply::Reply};
use crate::{
    chaos::Operation,
    probe::{Answer, Exchange, ProbeError},
};

impl Conduct {
    pub async fn through_gateway(&self, operation: &Operation) -> Reply {
        match self.ask(operation).await {
            Ok(reply) => reply,
            Err(error) => Reply::unanswered(&error),
        }
    }

    async fn ask(&self, operation: &Operation) -> Result<Reply, ProbeError> {
        let gateway = self.probes.gateway().with_timeout(self.patience);
        let id = operation.workload().map(|number| self.cast.id(number)).unwrap_or_default();
        let plain = |exchange: Exchange| Reply::of_exchange(&exchange);
        Ok(match operation {
            Operation::Schedule { workload, .. } | Operation::Repeat { workload } => {
                let Some(order) = self.cast.get(*workload) else { return Ok(Reply::default()) };
                let answer = gateway.schedule(order).await?;
                let reply = Reply::of_exchange(&answer.exchange);
                read(reply, answer, |reply, taken| match taken.workload_id == id {
                    true => reply,
                    false => {
                        reply.odd(format!("another id was acknowledged: {}", taken.workload_id))
                    }
                })
            }
            Operation::Stop { .. } => {
                plain(gateway.set_desired_state(&id, DesiredState::Stopped).await?)
            }
            Operation::Start { .. } => {
                plain(gateway.set_desired_state(&id, DesiredState::Running).await?)
            }
            Operation::Delete { .. } => plain(gateway.delete(&id).await?),
            Operation::Get { workload } | Operation::Logs { workload } => {
                let answer = gateway.workload(&id).await?;
                let reply = Reply::of_exchange(&answer.exchange);
                read(reply, answer, |reply, shown| reply.showing(&self.cast, *workload, &shown))
            }
            Operation::List => {
                let answer: Answer<Vec<Workload>> = gateway.workloads(&[]).await?;
                let reply = Reply::of_exchange(&answer.exchange);
                read(reply, answer, |reply, list| reply.listing(&self.cast, &list))
            }
            Operation::Nodes => {
                let answer = gateway.nodes().await?;
                let reply = Reply::of_exchange(&answer.exchange);
                read(reply, answer, |reply, _| reply)
            }
        })
    }
}

/// Looks into a successful answer; one of another form is odd.
fn read<T: serde::de::DeserializeOwned>(
    reply: Reply,
    answer: Answer<T>,
    look: impl FnOnce(Reply, T) -> Reply,
) -> Reply {
    if !answer.exchange.is_success() {
        return reply;
    }
    match answer.ok() {
        Ok(value) => look(reply, value),
        Err(error) => reply.odd(error.message),
    }
}
