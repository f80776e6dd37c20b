//! One question, one answer.

use async_trait::async_trait;
use hickory_server::{
    net::runtime::Time,
    proto::{
        op::{Header, HeaderCounts, Metadata, OpCode, ResponseCode},
        rr::{Name, Record, RecordType},
    },
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};

use super::{
    answer::{Answer, answer, start_of_authority},
    store::Store,
};

pub struct Handler {
    pub zone: Name,
    pub store: Store,
}

struct Reply {
    code: ResponseCode,
    answer: Answer,
    /// Shown when the answer is no.
    authority: Option<Record>,
}

impl Reply {
    fn error(code: ResponseCode) -> Self {
        Self { code, answer: Answer::default(), authority: None }
    }
}

impl Handler {
    async fn reply(&self, name: &Name, kind: RecordType) -> Reply {
        if !self.zone.zone_of(name) {
            return Reply::error(ResponseCode::Refused);
        }
        let authority = start_of_authority(&self.zone);
        if kind == RecordType::SOA && *name == self.zone {
            let answer = Answer { answers: vec![authority], additionals: Vec::new() };
            return Reply { code: ResponseCode::NoError, answer, authority: None };
        }
        let (code, answer) = match self.store.services(name).await {
            Ok(Some(services)) => (ResponseCode::NoError, answer(name, kind, &services)),
            Ok(None) if *name == self.zone => (ResponseCode::NoError, Answer::default()),
            Ok(None) => (ResponseCode::NXDomain, Answer::default()),
            Err(error) => {
                eprintln!("[ERROR] {name} {kind}: failed to {error:#}");
                return Reply::error(ResponseCode::ServFail);
            }
        };
        let authority = answer.answers.is_empty().then_some(authority);
        Reply { code, answer, authority }
    }
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let reply = match request.request_info() {
            Ok(info) if request.metadata.op_code == OpCode::Query => {
                let (name, kind) =
                    (info.query.original().name().to_lowercase(), info.query.query_type());
                let reply = self.reply(&name, kind).await;
                println!("[INFO] {} \"{kind} {name}\" {}", request.src(), reply.code);
                reply
            }
            Ok(_) => Reply::error(ResponseCode::NotImp),
            Err(_) => Reply::error(ResponseCode::FormErr),
        };
        metadata.response_code = reply.code;
        metadata.authoritative = reply.code != ResponseCode::Refused;
        let message = MessageResponseBuilder::from_message_request(request).build(
            metadata,
            &reply.answer.answers,
            [],
            reply.authority.iter(),
            &reply.answer.additionals,
        );
        response.send_response(message).await.unwrap_or_else(|error| {
            eprintln!("[ERROR] failed to answer {}: {error}", request.src());
            Header { metadata, counts: HeaderCounts::default() }.into()
        })
    }
}
