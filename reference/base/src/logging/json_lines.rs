//! The layer that writes a line per event.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

use super::fields::Fields;

/// Writes `ts`, `level`, `service`, `msg`, then the fields of the spans around
/// the event and its own, all at the top level.
pub struct JsonLines<W> {
    service: &'static str,
    write: W,
}

impl<W: Fn(&[u8])> JsonLines<W> {
    /// `write` gets one whole line with its line feed at a time.
    pub fn new(service: &'static str, write: W) -> Self {
        Self { service, write }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = ctx.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut line = Map::new();
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        line.insert("ts".into(), now.into());
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        line.insert("level".into(), level.into());
        crate::defect!("logs-without-level" => drop(line.remove("level")));
        line.insert("service".into(), self.service.into());
        line.insert("msg".into(), own.0.remove("msg").unwrap_or_else(|| "".into()));
        for span in ctx.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                extend(&mut line, &fields.0);
            }
        }
        extend(&mut line, &own.0);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        (self.write)(text.as_bytes());
    }
}

/// Adds fields, but never over the four that every line has.
fn extend(line: &mut Map<String, Value>, fields: &Map<String, Value>) {
    for (name, value) in fields {
        if !["ts", "level", "service", "msg"].contains(&name.as_str()) {
            line.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    fn lines(log: impl FnOnce()) -> Vec<Value> {
        let buffer = Arc::new(Mutex::new(Vec::new()));
        let sink = buffer.clone();
        let layer = JsonLines::new("test", move |line| sink.lock().unwrap().extend(line));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let text = String::from_utf8(buffer.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_has_the_contract_s_fields_at_the_top() {
        let lines = lines(|| {
            let span =
                tracing::info_span!("request", requestId = "abc", peer = tracing::field::Empty);
            let _inside = span.enter();
            span.record("peer", "10.0.0.1:1");
            tracing::warn!(reason = "bad_signature", tries = 2, "refused \"x\"\n");
        });
        let line = &lines[0];
        assert_eq!(line["level"], "warn");
        assert_eq!(line["service"], "test");
        assert_eq!(line["msg"], "refused \"x\"\n");
        assert_eq!(line["requestId"], "abc");
        assert_eq!(line["peer"], "10.0.0.1:1");
        assert_eq!(line["reason"], "bad_signature");
        assert_eq!(line["tries"], 2);
        assert!(OffsetDateTime::parse(line["ts"].as_str().unwrap(), &Rfc3339).is_ok());
    }

    #[test]
    fn the_innermost_field_wins_and_the_frame_stays() {
        let lines = lines(|| {
            let outer = tracing::info_span!("outer", node = "a", service = "other");
            let _outer = outer.enter();
            let inner = tracing::info_span!("inner", node = "b");
            let _inner = inner.enter();
            tracing::info!("one");
            tracing::info!(node = "c", "two");
        });
        assert_eq!(lines[0]["node"], "b");
        assert_eq!(lines[1]["node"], "c");
        assert_eq!(lines[0]["service"], "test");
    }
}
