use time::Duration;

use super::*;
use crate::records::CODE_LIFETIME;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap()
}

struct Bench {
    folder: tempfile::TempDir,
    store: Store,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.json"), "octocat").unwrap();
    Bench { folder, store }
}

fn user(login: &str) -> NewUser {
    NewUser { id: None, login: login.to_owned(), name: None, email: None, emails: Vec::new() }
}

fn repository(owner: &str, name: &str) -> NewRepository {
    NewRepository {
        owner: owner.to_owned(),
        name: name.to_owned(),
        description: None,
        private: false,
        default_branch: "main".to_owned(),
    }
}

fn code() -> Code {
    Code {
        login: "octocat".to_owned(),
        scopes: Scopes::default(),
        redirect_uri: None,
        challenge: None,
        expires_at: now() + CODE_LIFETIME,
    }
}

#[test]
fn names_are_checked_and_taken_once_whatever_their_case() {
    let Bench { store, .. } = bench();
    assert_eq!(store.add_user(user("octocat"), now()).unwrap().id, 1);
    assert_eq!(store.add_user(user("hubot"), now()).unwrap().id, 2);
    let refusal = |outcome: Result<User, StoreError>| outcome.unwrap_err().to_string();
    assert_eq!(refusal(store.add_user(user("Octocat"), now())), "add Octocat: it exists already");
    assert_eq!(refusal(store.add_user(user("../x"), now())), "add \"../x\": this cannot be a name");

    store.add_repository(repository("octocat", "a"), now()).unwrap();
    assert!(store.repository("OCTOCAT", "A").is_some());
    for (new, start) in [
        (repository("octocat", "A"), "add octocat/A"),
        (repository("octocat", ".."), "add \"..\""),
        (repository("nobody", "b"), "find the account \"nobody\""),
    ] {
        let error = store.add_repository(new, now()).unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }
    assert!(store.remove_repository("Octocat", "a").is_some());
    assert!(store.repositories_of("octocat").is_empty());
}

#[test]
fn a_code_is_good_once_and_for_ten_minutes() {
    let Bench { store, .. } = bench();
    let last = now() + CODE_LIFETIME - Duration::SECOND;
    let first = store.issue_code(code(), now());
    assert_eq!(store.take_code(&first, last), Some(code()));
    assert_eq!(store.take_code(&first, last), None);

    let second = store.issue_code(code(), now());
    assert_eq!(store.take_code(&second, now() + CODE_LIFETIME), None);
    assert_eq!(store.take_code(&second, now()), None, "it was used up all the same");

    let third = store.issue_code(code(), now());
    assert_eq!(store.expire_codes(now()), 1);
    assert_eq!(store.expire_codes(now()), 0);
    assert_eq!(store.take_code(&third, now()), None);
}

#[test]
fn of_many_who_exchange_a_code_at_once_one_gets_it() {
    let Bench { store, .. } = bench();
    let text = store.issue_code(code(), now());
    let winners = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..8).map(|_| scope.spawn(|| store.take_code(&text, now()).is_some())).collect();
        tries.into_iter().map(|one| one.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(winners, 1);
}

#[test]
fn tokens_end_by_time_and_by_revocation() {
    let Bench { store, .. } = bench();
    let end = now() + Duration::HOUR;
    let timed = store.issue_token(TokenKind::Personal, "octocat", Scopes::parse("repo"), Some(end));
    assert!(store.token(&timed, now()).unwrap().scopes.allow("repo"));
    assert_eq!(store.token(&timed, end), None);

    let other = store.issue_token(TokenKind::OAuth, "octocat", Scopes::default(), None);
    assert!(store.revoke_token(&timed) && !store.revoke_token(&timed));
    assert!(store.token(&other, now()).is_some());
    assert_eq!(store.revoke_tokens_of("Octocat"), 1);
    assert_eq!(store.token(&other, now()), None);
}

#[test]
fn everything_outlives_the_process_and_no_secret_is_in_the_file() {
    let Bench { folder, store } = bench();
    let file = folder.path().join("state.json");
    store.add_user(user("octocat"), now()).unwrap();
    let token = store.issue_token(TokenKind::OAuth, "octocat", Scopes::default(), None);
    let waiting = store.issue_code(code(), now());
    store.set_session(Session { login: "hubot".to_owned(), approves: false });
    drop(store);

    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&token) && !text.contains(&waiting));
    let again = Store::open(&file, "octocat").unwrap();
    assert_eq!(again.token(&token, now()).unwrap().login, "octocat");
    assert_eq!(again.session().login, "hubot");
    assert_eq!(again.take_code(&waiting, now()), Some(code()));

    std::fs::write(&file, "{").unwrap();
    let error = Store::open(&file, "octocat").err().unwrap().to_string();
    assert!(error.starts_with("use ") && error.contains("state.json"), "{error}");
}
