//! The one place that changes what is stored.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;

use super::{
    Code, NewRepository, NewUser, Repository, Scopes, Session, Token, TokenKind, User,
    content::Content,
    is_login, is_repository_name,
    token::{digest, generate_code},
};

/// Why something cannot be stored; follows "failed to".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("use {}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("add {0}: it exists already")]
    Exists(String),
    #[error("add {0:?}: this cannot be a name")]
    BadName(String),
    #[error("find the account {0:?}")]
    NoUser(String),
}

/// What is stored, and the file it is kept in.
pub struct Store {
    content: Mutex<Content>,
    file: PathBuf,
    signed_in: String,
}

impl Store {
    /// Reads what an earlier start left. `signed_in` is the login at the browser
    /// until [`Store::set_session`].
    pub fn open(file: &Path, signed_in: &str) -> Result<Self, StoreError> {
        let content = Content::read(file)
            .map_err(|cause| StoreError::File { path: file.to_owned(), cause })?;
        Ok(Self {
            content: Mutex::new(content),
            file: file.to_owned(),
            signed_in: signed_in.to_owned(),
        })
    }

    pub fn user(&self, login: &str) -> Option<User> {
        let content = self.lock();
        content.users.iter().find(|user| user.login.eq_ignore_ascii_case(login)).cloned()
    }

    pub fn add_user(&self, new: NewUser, now: OffsetDateTime) -> Result<User, StoreError> {
        if !is_login(&new.login) {
            return Err(StoreError::BadName(new.login));
        }
        self.change(|content| {
            let taken = |user: &User| {
                user.login.eq_ignore_ascii_case(&new.login) || Some(user.id) == new.id
            };
            if content.users.iter().any(taken) {
                return Err(StoreError::Exists(new.login));
            }
            let id = new.id.unwrap_or_else(|| {
                content.users.iter().map(|user| user.id).max().unwrap_or_default() + 1
            });
            let user = User {
                id,
                login: new.login,
                name: new.name,
                email: new.email,
                emails: new.emails,
                created_at: whole_second(now),
            };
            content.users.push(user.clone());
            Ok(user)
        })
    }

    pub fn repository(&self, owner: &str, name: &str) -> Option<Repository> {
        let content = self.lock();
        content.repositories.iter().find(|repository| repository.is(owner, name)).cloned()
    }

    /// All repositories of an account.
    pub fn repositories_of(&self, login: &str) -> Vec<Repository> {
        let content = self.lock();
        let own = |repository: &&Repository| repository.owner.eq_ignore_ascii_case(login);
        content.repositories.iter().filter(own).cloned().collect()
    }

    /// Checks a repository's names before its content is made.
    pub fn can_add(&self, new: &NewRepository) -> Result<(), StoreError> {
        if !is_repository_name(&new.name) {
            return Err(StoreError::BadName(new.name.clone()));
        }
        if self.user(&new.owner).is_none() {
            return Err(StoreError::NoUser(new.owner.clone()));
        }
        if self.repository(&new.owner, &new.name).is_some() {
            return Err(StoreError::Exists(format!("{}/{}", new.owner, new.name)));
        }
        Ok(())
    }

    pub fn add_repository(
        &self,
        new: NewRepository,
        now: OffsetDateTime,
    ) -> Result<Repository, StoreError> {
        self.can_add(&new)?;
        self.change(|content| {
            let last = content.repositories.iter().map(|repository| repository.id).max();
            let repository = Repository {
                id: last.unwrap_or_default() + 1,
                owner: new.owner,
                name: new.name,
                description: new.description,
                private: new.private,
                default_branch: new.default_branch,
                created_at: whole_second(now),
            };
            content.repositories.push(repository.clone());
            Ok(repository)
        })
    }

    pub fn remove_repository(&self, owner: &str, name: &str) -> Option<Repository> {
        self.change(|content| {
            let place =
                content.repositories.iter().position(|repository| repository.is(owner, name));
            place.map(|place| content.repositories.remove(place))
        })
    }

    /// Makes a token and gives its text, which is not kept.
    pub fn issue_token(
        &self,
        kind: TokenKind,
        login: &str,
        scopes: Scopes,
        expires_at: Option<OffsetDateTime>,
    ) -> String {
        let text = kind.generate();
        let token = Token { login: login.to_owned(), scopes, expires_at };
        self.change(|content| content.tokens.insert(digest(&text), token));
        text
    }

    /// What a token stands for, if it is known and in date.
    pub fn token(&self, text: &str, now: OffsetDateTime) -> Option<Token> {
        let token = self.lock().tokens.get(&digest(text)).cloned()?;
        token.expires_at.is_none_or(|end| now < end).then_some(token)
    }

    /// Whether there was such a token.
    pub fn revoke_token(&self, text: &str) -> bool {
        self.change(|content| content.tokens.remove(&digest(text)).is_some())
    }

    /// How many tokens the account had.
    pub fn revoke_tokens_of(&self, login: &str) -> usize {
        self.change(|content| {
            let before = content.tokens.len();
            content.tokens.retain(|_, token| !token.login.eq_ignore_ascii_case(login));
            before - content.tokens.len()
        })
    }

    /// Makes a code and gives its text, which is not kept.
    pub fn issue_code(&self, code: Code, now: OffsetDateTime) -> String {
        let text = generate_code();
        self.change(|content| {
            content.codes.retain(|_, other| now < other.expires_at);
            content.codes.insert(digest(&text), code);
        });
        text
    }

    /// Uses a code up. Of several callers at once, one gets it.
    pub fn take_code(&self, text: &str, now: OffsetDateTime) -> Option<Code> {
        let code = self.change(|content| content.codes.remove(&digest(text)))?;
        (now < code.expires_at).then_some(code)
    }

    /// Makes every code that waits to be exchanged too old, and counts them.
    pub fn expire_codes(&self, now: OffsetDateTime) -> usize {
        self.change(|content| {
            let waiting = content.codes.values_mut().filter(|code| now < code.expires_at);
            waiting.map(|code| code.expires_at = now).count()
        })
    }

    pub fn session(&self) -> Session {
        let signed_in = || Session { login: self.signed_in.clone(), approves: true };
        self.lock().session.clone().unwrap_or_else(signed_in)
    }

    pub fn set_session(&self, session: Session) {
        self.change(|content| content.session = Some(session));
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // Every change is whole even where a holder of the lock panicked.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Content) -> T) -> T {
        let mut content = self.lock();
        let outcome = change(&mut content);
        // Memory has it; only a restart would miss it.
        if let Err(error) = content.write(&self.file) {
            tracing::error!(%error, "failed to keep what was stored");
        }
        outcome
    }
}

/// GitHub's times have no fraction.
fn whole_second(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
