//! Who may read which repository.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::Credential,
    records::{Repository, Store},
};

/// What Git may be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    UploadPack,
    ReceivePack,
}

/// Why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Who may not know of a repository is told the same as for one that is not there.
    NotFound,
    /// The same before anybody has said who they are.
    MissingCredentials,
    BadCredentials,
    ReadOnly {
        repository: String,
        login: String,
    },
    /// A client so old that it reads plain files.
    DumbProtocol,
}

impl Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::NotFound => "unknown_repository",
            Self::MissingCredentials => "missing_credentials",
            Self::BadCredentials => "bad_credentials",
            Self::ReadOnly { .. } => "read_only",
            Self::DumbProtocol => "dumb_protocol",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MissingCredentials | Self::BadCredentials => StatusCode::UNAUTHORIZED,
            Self::ReadOnly { .. } | Self::DumbProtocol => StatusCode::FORBIDDEN,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::NotFound | Self::MissingCredentials => "Repository not found.".to_owned(),
            Self::BadCredentials => "Invalid username or token. Password authentication is not \
                                     supported for Git operations."
                .to_owned(),
            Self::ReadOnly { repository, login } => {
                format!("Permission to {repository}.git denied to {login}.")
            }
            Self::DumbProtocol => {
                "Please upgrade your git client: only the smart protocol is served.".to_owned()
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::warn!(reason = self.reason(), "refused access to a repository");
        let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        let mut response = (self.status(), headers, self.sentence()).into_response();
        if self.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"GitHub\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Finds the repository if the caller may use it so. A bad token is refused even
/// where none is needed.
pub fn admit(
    store: &Store,
    (owner, name): (&str, &str),
    service: Service,
    credential: &Credential,
) -> Result<Repository, Refusal> {
    if matches!(credential, Credential::Bad) {
        return Err(Refusal::BadCredentials);
    }
    let caller = credential.caller();
    let visible = store.repository(owner, name).filter(|repository| {
        let owns = caller.is_some_and(|caller| {
            caller.user.login.eq_ignore_ascii_case(&repository.owner) && caller.scopes.allow("repo")
        });
        !repository.private || owns
    });
    match (visible, service, caller) {
        (Some(repository), Service::UploadPack, _) => Ok(repository),
        (_, _, None) => Err(Refusal::MissingCredentials),
        (None, _, Some(_)) => Err(Refusal::NotFound),
        (Some(repository), Service::ReceivePack, Some(caller)) => Err(Refusal::ReadOnly {
            repository: repository.full_name(),
            login: caller.user.login.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::{
        api::Caller,
        records::{NewRepository, NewUser, Scopes},
    };

    #[test]
    fn each_caller_may_do_what_github_allows() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.json"), "octocat").unwrap();
        let now = OffsetDateTime::now_utc();
        for login in ["octocat", "hubot"] {
            let (name, email, emails) = (None, None, Vec::new());
            let new = NewUser { id: None, login: login.to_owned(), name, email, emails };
            store.add_user(new, now).unwrap();
        }
        for (name, private) in [("open", false), ("closed", true)] {
            let new = NewRepository {
                owner: "octocat".to_owned(),
                name: name.to_owned(),
                description: None,
                private,
                default_branch: "main".to_owned(),
            };
            store.add_repository(new, now).unwrap();
        }
        let by = |login: &str, scopes: &str| {
            let user = store.user(login).unwrap();
            Credential::Good(Box::new(Caller { user, scopes: Scopes::parse(scopes) }))
        };
        let verdict = |name: &str, service, credential: &Credential| {
            admit(&store, ("octocat", name), service, credential).map(|found| found.name)
        };
        let (pull, push) = (Service::UploadPack, Service::ReceivePack);
        let (owner, narrow) = (by("octocat", "repo"), by("octocat", "public_repo"));
        let (other, nobody) = (by("hubot", "repo"), Credential::None);
        for caller in [&owner, &narrow, &other, &nobody] {
            assert_eq!(verdict("open", pull, caller), Ok("open".to_owned()));
        }
        assert_eq!(verdict("closed", pull, &owner), Ok("closed".to_owned()));
        for caller in [&narrow, &other] {
            assert_eq!(verdict("closed", pull, caller), Err(Refusal::NotFound));
            assert_eq!(verdict("closed", push, caller), Err(Refusal::NotFound));
        }
        for name in ["closed", "absent"] {
            assert_eq!(verdict(name, pull, &nobody), Err(Refusal::MissingCredentials));
        }
        assert_eq!(verdict("open", push, &nobody), Err(Refusal::MissingCredentials));
        assert_eq!(verdict("absent", pull, &owner), Err(Refusal::NotFound));
        assert!(matches!(verdict("open", push, &other), Err(Refusal::ReadOnly { .. })));
        assert_eq!(verdict("open", pull, &Credential::Bad), Err(Refusal::BadCredentials));
    }
}
