//! One attempt: a look first where one is needed, the request, and what follows it.
//!
//! Promises: an attempt that may be a repetition makes no second record (semantics 5.6): the request is one that the CRM
//! knows again, or it is asked first, or a person has to look. A token that was refused is renewed once; a 401 was not
//! carried out, so the request goes out again. Leaves to others: what is said (`recipe`), what answers mean (`answer`).

use super::answer;
use super::grant::{Login, Owner, Tokens};
use super::recipe::{Ask, Recipe, SafeBy, secret_value};
use crate::outbound::{Outbound, Reply, Request};
use hyper::header::{AUTHORIZATION, HeaderValue};
use ringbridge_core::crm::{Class, Created, Failure, History, Outcome};
use ringbridge_core::redact::Secret;
use ringbridge_core::time::Timestamp;

/// The most that is read of an answer. One that is longer is no answer.
const MOST_READ: usize = 1 << 20;

/// What an attempt needs beside its recipe.
pub(super) struct Attempt<'a> {
    pub(super) outbound: &'a Outbound,
    pub(super) tokens: &'a Tokens,
    pub(super) owner: Owner,
    pub(super) now: Timestamp,
}

impl Attempt<'_> {
    /// Tries to bring the record about.
    pub(super) async fn run(&self, recipe: &Recipe<'_>, history: History) -> Outcome {
        let id = match self.id(recipe, history).await {
            Ok(id) => id,
            Err(failure) => return Outcome::Failed(failure),
        };
        let mut notes = recipe.notes.clone();
        if let Some(ask) = (recipe.after)(&id)
            && let Err(failure) = self.follow(recipe, &ask).await
        {
            match failure.class {
                // The record is there, and trying again would not change the rest.
                Class::Refused => notes.push(format!("the record was not completed: {}", failure.sentence())),
                Class::Locked
                | Class::Faulted
                | Class::Away
                | Class::Unauthorized
                | Class::Throttled
                | Class::Exhausted
                | Class::Unsure
                | Class::Unprovable => return Outcome::Failed(failure),
            }
        }
        let pages = (recipe.pages)(&id);
        Outcome::Created(Created { id, object: recipe.object.clone(), pages, notes })
    }

    /// The record's id, once it is there.
    async fn id(&self, recipe: &Recipe<'_>, history: History) -> Result<String, Failure> {
        if history == History::Again {
            match &recipe.safe_by {
                SafeBy::Itself => {}
                SafeBy::LookUp { ask, pointer } => {
                    if let Some(id) = self.look(recipe, ask, pointer).await? {
                        return Ok(id);
                    }
                }
                SafeBy::Nothing => return Err(unprovable()),
            }
        }
        let reply = self.say(recipe, &recipe.ask, &recipe.safe_by).await?;
        answer::id_of(&reply, &recipe.id, &recipe.safe_by, recipe.exists)
    }

    /// Looks whether an earlier attempt has made the record.
    async fn look(&self, recipe: &Recipe<'_>, ask: &Ask, pointer: &str) -> Result<Option<String>, Failure> {
        // Asking can be repeated as often as one likes; the doubt about the record stays until it is answered.
        let reply = self.say(recipe, ask, &SafeBy::Itself).await?;
        match reply.status {
            404 => Ok(None),
            200..300 if serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok() => {
                match answer::pointed_at(&reply.body, pointer) {
                    Some(id) if !answer::is_id(&id) => Err(doubtful("what it found is no id".to_owned())),
                    found => Ok(found),
                }
            }
            200..300 => Err(doubtful("the answer is no JSON".to_owned())),
            _ => {
                let failure = answer::failure(&reply, &SafeBy::Itself);
                match failure.class {
                    Class::Refused => Err(doubtful(failure.sentence())),
                    // Counted, so that a look-up that always fails ends.
                    Class::Faulted => Err(Failure { class: Class::Unsure, ..failure }),
                    Class::Locked
                    | Class::Away
                    | Class::Unauthorized
                    | Class::Throttled
                    | Class::Exhausted
                    | Class::Unsure
                    | Class::Unprovable => Err(failure),
                }
            }
        }
    }

    /// Sends what follows the record; it can be repeated together with the record's request.
    async fn follow(&self, recipe: &Recipe<'_>, ask: &Ask) -> Result<(), Failure> {
        let reply = self.say(recipe, ask, &SafeBy::Itself).await?;
        match reply.status {
            200..300 => Ok(()),
            _ => Err(answer::failure(&reply, &SafeBy::Itself)),
        }
    }

    /// Sends a request with the log-in; once more with a new token where the first was refused.
    async fn say(&self, recipe: &Recipe<'_>, ask: &Ask, safe_by: &SafeBy) -> Result<Reply, Failure> {
        let Login::Client(client) = &recipe.login else {
            return self.send(recipe, ask, None, safe_by).await;
        };
        let token = |refused| {
            self.tokens.token(self.outbound, (self.owner, client), recipe.schemes, refused, self.now)
        };
        let first = token(None).await?;
        let reply = self.send(recipe, ask, Some(&first), safe_by).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let second = token(Some(&first)).await?;
        self.send(recipe, ask, Some(&second), safe_by).await
    }

    async fn send(
        &self,
        recipe: &Recipe<'_>,
        ask: &Ask,
        token: Option<&Secret>,
        safe_by: &SafeBy,
    ) -> Result<Reply, Failure> {
        let mut headers = ask.headers.clone();
        match (&recipe.login, token) {
            (Login::Header(name, value), _) => drop(headers.insert(name, value.clone())),
            (Login::None | Login::Client(_), Some(token)) => {
                headers.insert(AUTHORIZATION, secret_value(&format!("Bearer {}", token.expose()))?);
            }
            (Login::None | Login::Client(_), None) => {}
        }
        let request = Request {
            method: ask.method.clone(),
            url: &ask.url,
            schemes: recipe.schemes,
            headers,
            body: ask.body.clone(),
            most_read: MOST_READ,
        };
        let reply = self.outbound.send(request).await.map_err(|none| answer::unanswered(none, safe_by))?;
        Ok(match (&recipe.login, token) {
            (Login::Header(_, value), _) => reply.without(&sent(value)),
            (Login::None | Login::Client(_), Some(token)) => reply.without(token),
            (Login::None | Login::Client(_), None) => reply,
        })
    }
}

/// The secret in a header: what stands behind the scheme, if there is one (RFC 9110, 11.4).
fn sent(value: &HeaderValue) -> Secret {
    let text = value.to_str().unwrap_or_default();
    Secret::new(text.split_once(' ').map_or(text, |(_, secret)| secret))
}

/// Nobody can be asked.
fn unprovable() -> Failure {
    Failure {
        class: Class::Unprovable,
        code: "MAY_EXIST".to_owned(),
        message: "an earlier attempt may have made the record, and this connection has no way to find out: look for it \
                  in the CRM, then try again if it is not there, or give up if it is"
            .to_owned(),
    }
}

/// The one who is asked does not say.
fn doubtful(why: String) -> Failure {
    Failure {
        class: Class::Unprovable,
        code: "LOOK_UP_FAILED".to_owned(),
        message: format!("an earlier attempt may have made the record, and the look-up does not tell: {why}"),
    }
}
