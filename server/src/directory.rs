//! All tenants as they are now, in memory.
//!
//! Promises: [`Directory::refresh`] sees every change that was committed before it, also by another process: one row is
//! read, and the tenants only when its version has moved. The getters never wait. Leaves to others: changing tenants
//! (`provision`), and asking for a refresh at the start of each request (`web`) and each registration (`telephony`).

use crate::keys::Keys;
use crate::provision::stored::{self, LoadError};
use crate::store::{Store, tenant};
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::{Agent, PhoneAddress, Tenant};
use std::sync::{Arc, PoisonError, RwLock};

/// The tenants. Shared by everyone who answers requests.
#[derive(Debug)]
pub struct Directory {
    store: Store,
    keys: Arc<Keys>,
    snapshot: RwLock<Arc<Snapshot>>,
}

/// All tenants at one version.
#[derive(Debug)]
pub struct Snapshot {
    version: i64,
    tenants: Vec<Arc<Tenant>>,
}

/// A phone that registers here, as the tenant file has it.
#[derive(Clone, Debug)]
pub struct RegisteringPhone {
    /// Its tenant.
    pub tenant: Arc<Tenant>,
    /// Its agent.
    pub agent: AgentId,
    /// Its digest password.
    pub password: Secret,
}

impl Directory {
    /// Reads the tenants for the first time.
    ///
    /// # Errors
    /// If the database cannot be read, or holds what this build cannot read.
    pub async fn open(store: Store, keys: Arc<Keys>) -> Result<Self, LoadError> {
        let snapshot = load(&store, &keys).await?;
        Ok(Self { store, keys, snapshot: RwLock::new(Arc::new(snapshot)) })
    }

    /// Sees to it that the getters answer with every change committed before this call.
    ///
    /// # Errors
    /// If the database cannot be read; the getters then go on with what they had.
    pub async fn refresh(&self) -> Result<Arc<Snapshot>, LoadError> {
        let version = self.store.read(tenant::directory_version).await?;
        let known = self.snapshot();
        if known.version == version {
            return Ok(known);
        }
        let fresh = Arc::new(load(&self.store, &self.keys).await?);
        let mut current = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        // Of two that load at once, the newer one stays.
        if current.version < fresh.version {
            *current = fresh;
        }
        Ok(current.clone())
    }

    /// All tenants as they were at the last refresh: one consistent view, however long it is kept.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All tenants, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Tenant>> {
        self.snapshot().tenants.clone()
    }

    /// The tenant with this id.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.snapshot().tenant(id).cloned()
    }

    /// The tenant with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Arc<Tenant>> {
        self.snapshot().named(name).cloned()
    }

    /// The phone that registers under this name.
    #[must_use]
    pub fn phone(&self, username: &str) -> Option<RegisteringPhone> {
        self.snapshot().phone(username)
    }
}

impl Snapshot {
    /// Raised by every change of any tenant.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// All tenants, by name.
    #[must_use]
    pub fn tenants(&self) -> &[Arc<Tenant>] {
        &self.tenants
    }

    /// The tenant with this id.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.id == id)
    }

    /// The tenant with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.name == name)
    }

    /// The phone that registers under this name; the names are unique on the server.
    #[must_use]
    pub fn phone(&self, username: &str) -> Option<RegisteringPhone> {
        self.tenants.iter().find_map(|tenant| {
            tenant.agents.iter().find_map(|agent| {
                let password = password_of(agent, username)?;
                Some(RegisteringPhone { tenant: tenant.clone(), agent: agent.id, password: password.clone() })
            })
        })
    }
}

fn password_of<'a>(agent: &'a Agent, wanted: &str) -> Option<&'a Secret> {
    agent.phones.iter().find_map(|phone| match &phone.address {
        PhoneAddress::Fixed(_) => None,
        PhoneAddress::Registers { username, password } => (username == wanted).then_some(password),
    })
}

async fn load(store: &Store, keys: &Arc<Keys>) -> Result<Snapshot, LoadError> {
    let keys = keys.clone();
    let (version, tenants) = store
        .read(move |tx| {
            let version = tenant::directory_version(tx)?;
            Ok((version, stored::load(tx, &keys)?))
        })
        .await?;
    Ok(Snapshot { version, tenants: tenants?.into_iter().map(Arc::new).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::{How, Mode, Site, Stamp, apply_text};
    use ringbridge_core::time::Timestamp;

    const PHONE: &str = "[[tenant.agent]]\nlogin = \"eve\"\npassword = \"p\"\n[[tenant.agent.phone]]\nregister = \"desk\"\npassword = \"q\"\n";

    /// A store and its key, as one process has them.
    fn process(folder: &tempfile::TempDir) -> (Store, Arc<Keys>) {
        let store = Store::open("sqlite:ringbridge.db", folder.path()).expect("the database opens");
        let keys = Arc::new(Keys::open(folder.path(), &store).expect("there is a key"));
        (store, keys)
    }

    fn provision(process: &(Store, Arc<Keys>), text: &str) {
        let (store, keys) = process;
        let site = Site { store, keys, trunks: &[], key_files: std::path::Path::new("keys") };
        let stamp = Stamp { who: "test".to_owned(), how: How::File, at: Timestamp::from_millis(0) };
        apply_text("t.toml", text, &site, &stamp, Mode::Apply).expect("applied");
    }

    #[test]
    fn a_running_server_sees_what_another_process_provisioned_at_its_next_request() {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, command) = (process(&folder), process(&folder));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let directory = runtime.block_on(Directory::open(server.0, server.1)).expect("it loads");
        assert_eq!(directory.all().len(), 0);

        provision(&command, &format!("[[tenant]]\nname = \"small\"\n{PHONE}"));
        assert_eq!(directory.all().len(), 0, "nothing is seen before the refresh");
        let before = directory.snapshot();
        runtime.block_on(directory.refresh()).expect("it loads");
        let small = directory.named("small").expect("it is seen");
        assert_eq!(directory.tenant(small.id).map(|tenant| tenant.name.clone()), Some("small".to_owned()));
        let phone = directory.phone("desk").expect("it is seen");
        assert_eq!((phone.tenant.id, phone.password.expose()), (small.id, "q"));
        assert_eq!(before.tenants().len(), 0, "a view that is held does not change");

        provision(&command, "[[tenant]]\nname = \"small\"\n");
        runtime.block_on(directory.refresh()).expect("it loads");
        assert!(directory.phone("desk").is_none());
        let (first, second) =
            (directory.snapshot(), runtime.block_on(directory.refresh()).expect("it loads"));
        assert!(Arc::ptr_eq(&first, &second), "nothing is loaded when nothing has changed");
    }
}
