use clap::Parser;
use tempfile::TempDir;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: GitHubArguments,
}

const NAMES: [&str; 7] = [
    "github-url",
    "github-api-url",
    "github-client-id",
    "github-client-secret-file",
    "github-webhook-secret-file",
    "jwt-key-file",
    "public-url",
];

fn value(folder: &TempDir, name: &str) -> String {
    match name {
        "github-client-id" => "app".to_owned(),
        name if name.ends_with("-url") => format!("https://{name}.example"),
        name => {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("{name} {}\n", "x".repeat(32))).unwrap();
            path.to_str().unwrap().to_owned()
        }
    }
}

fn app(flags: &[String]) -> Result<Option<App>, SettingsError> {
    let line = ["x".to_owned()].into_iter().chain(flags.iter().cloned());
    Line::try_parse_from(line).unwrap().arguments.app()
}

fn flags(folder: &TempDir, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("--{name}={}", value(folder, name))).collect()
}

#[test]
fn all_is_read_and_nothing_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let app_of_all = app(&flags(&folder, &NAMES)).unwrap().unwrap();
    assert_eq!(app_of_all.url.as_str(), "https://github-url.example/");
    assert!(app_of_all.webhook_secret.expose().starts_with("github-webhook-secret-file x"));
    assert!(app(&[]).unwrap().is_none());
    // These alone do not speak of GitHub.
    assert!(app(&flags(&folder, &["jwt-key-file", "public-url"])).unwrap().is_none());
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for missing in NAMES {
        let rest: Vec<_> = NAMES.into_iter().filter(|name| *name != missing).collect();
        let error = app(&flags(&folder, &rest)).unwrap_err().to_string();
        let variable = missing.replace('-', "_").to_uppercase();
        assert!(error.starts_with(&format!("{variable} is not set, though GITHUB_")), "{error}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named_with_their_variable() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = flags(&folder, &NAMES);
    std::fs::write(folder.path().join("jwt-key-file"), "x".repeat(31)).unwrap();
    let error = app(&all).unwrap_err().to_string();
    assert!(error.starts_with("JWT_KEY_FILE names ") && error.contains("32"), "{error}");

    std::fs::write(folder.path().join("jwt-key-file"), "x".repeat(32)).unwrap();
    all.push("--github-client-secret-file=/nowhere/x".to_owned());
    all.retain(|flag| !flag.starts_with("--github-client-secret-file=/t"));
    let error = app(&all).unwrap_err().to_string();
    assert!(error.starts_with("cannot read GITHUB_CLIENT_SECRET_FILE /nowhere/x"), "{error}");
}

#[test]
fn addresses_are_of_https() {
    for odd in ["http://github.com", "github.com", "https://user@github.com", "https://a/?x", ""] {
        let refusal = Line::try_parse_from(["x", "--github-url", odd]).err().unwrap();
        assert!(refusal.to_string().contains("GITHUB_URL"), "{odd}");
    }
}
