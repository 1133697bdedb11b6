//! Tenant files: what they may say, what is said about wrong ones, what plans say, and that nothing is half-applied.

mod applying;
mod changing;
mod connectors;
mod receiving;
mod refusals;
mod sheets;
mod undoing;

use super::{How, Mode, Outcome, ProvisionError, Site, Stamp, apply_text, export, load, stored};
use crate::config::Config;
use crate::keys::Keys;
use crate::store::Store;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;
use std::sync::Arc;
use tempfile::TempDir;

const EXAMPLE: &str = include_str!("../../../../tenant.example.toml");
const CONFIG: &str = include_str!("../../../../ringbridge.example.toml");

/// A server's database and key in a folder that vanishes with it.
struct Server {
    folder: TempDir,
    store: Store,
    keys: Arc<Keys>,
}

fn server() -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open("sqlite:ringbridge.db", folder.path()).expect("the database opens");
    let keys = Arc::new(Keys::open(folder.path(), &store).expect("a key is made"));
    Server { folder, store, keys }
}

impl Server {
    fn provision(&self, text: &str, mode: Mode) -> Result<Outcome, ProvisionError> {
        self.at_site(|site| apply_text("t.toml", text, site, &stamp(How::File), mode))
    }

    fn at_site<T>(&self, act: impl FnOnce(&Site<'_>) -> T) -> T {
        let key_files = self.folder.path().join("keys");
        let trunks = ["main".to_owned()];
        act(&Site { store: &self.store, keys: &self.keys, trunks: &trunks, key_files: &key_files })
    }

    fn apply(&self, text: &str) -> Vec<String> {
        self.provision(text, Mode::Apply).expect("applied").lines
    }

    fn refusals(&self, text: &str) -> Vec<String> {
        let Err(ProvisionError::Refused(problems)) = self.provision(text, Mode::Apply) else {
            return Vec::new();
        };
        problems.0.iter().map(ToString::to_string).collect()
    }

    fn tenants(&self) -> Vec<Tenant> {
        load(&self.store, &self.keys).expect("loaded").1
    }

    fn tenant(&self, name: &str) -> Tenant {
        self.tenants().into_iter().find(|tenant| tenant.name == name).expect("it is there")
    }

    fn config(&self) -> Config {
        Config::parse("r.toml", CONFIG, self.folder.path(), []).expect("the example is right")
    }
}

fn stamp(how: How) -> Stamp {
    Stamp { who: "bob".to_owned(), how, at: Timestamp::from_millis(1_790_000_000_000) }
}

/// The smallest tenant file, with lines to come after it.
fn small(rest: &str) -> String {
    format!("[[tenant]]\nname = \"small\"\n[[tenant.agent]]\nlogin = \"eve\"\npassword = \"p\"\n{rest}")
}
