//! Where an app may have its users sent to.

use url::{Host, Url};

/// GitHub's rule: the callback's host or a domain under it, its port, its path or
/// one below. A callback on a loopback address stands for every port there.
pub fn may_redirect(callback: &Url, wanted: &Url) -> bool {
    let bare =
        wanted.username().is_empty() && wanted.password().is_none() && wanted.fragment().is_none();
    bare && callback.scheme() == wanted.scheme()
        && same_host(callback, wanted)
        && (is_loopback(callback)
            || callback.port_or_known_default() == wanted.port_or_known_default())
        && is_below(callback.path(), wanted.path())
}

fn same_host(callback: &Url, wanted: &Url) -> bool {
    match (callback.host(), wanted.host()) {
        (Some(Host::Domain(base)), Some(Host::Domain(host))) => {
            host == base || host.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
        }
        (base, host) => base.is_some() && base == host,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn is_below(base: &str, path: &str) -> bool {
    let base = base.trim_end_matches('/');
    path == base || path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(callback: &str, wanted: &[&str]) -> Vec<bool> {
        let callback = Url::parse(callback).unwrap();
        wanted.iter().map(|text| may_redirect(&callback, &Url::parse(text).unwrap())).collect()
    }

    #[test]
    fn what_is_at_or_below_the_callback_is_good() {
        let good = [
            "https://example.com/path",
            "https://example.com:443/path?x=1",
            "https://example.com/path/subdir/other",
            "https://oauth.example.com/path",
            "https://oauth.example.com/path/subdir/other",
        ];
        assert_eq!(verdicts("https://example.com/path", &good), [true; 5]);
    }

    #[test]
    fn what_is_elsewhere_is_bad() {
        let bad = [
            "https://example.com/bar",
            "https://example.com/",
            "https://example.com/pathology",
            "https://example.com/path/../bar",
            "https://example.com/path/%2e%2e/bar",
            "http://example.com/path",
            "https://example.com:8080/path",
            "https://oauth.example.com:8080/path",
            "https://example.org/path",
            "https://badexample.com/path",
            "https://user@example.com/path",
            "https://example.com/path#fragment",
        ];
        assert_eq!(verdicts("https://example.com/path", &bad), [false; 12]);
        let inside = ["https://x.10.0.0.1.example/path", "https://10.0.0.2/path"];
        assert_eq!(verdicts("https://10.0.0.1/path", &inside), [false; 2]);
    }

    #[test]
    fn a_loopback_callback_takes_any_port() {
        let wanted = ["http://127.0.0.1:1234/path", "http://127.0.0.2/path"];
        assert_eq!(verdicts("http://127.0.0.1/path", &wanted), [true, false]);
        assert_eq!(verdicts("http://[::1]:9/path", &["http://[::1]:8/path/x"]), [true]);
    }
}
