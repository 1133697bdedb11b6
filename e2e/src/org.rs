//! A Salesforce org for tests that block.
//!
//! Promises: it runs until it is dropped. Leaves to others: being an org (`ringbridge-standin`).

use ringbridge_standin::salesforce::{Org as Standin, OrgConfig};
use std::{net::SocketAddr, ops::Deref};
use tokio::runtime::Runtime;

/// A running org.
pub struct Org {
    // Dropped before the runtime it lives in.
    standin: Standin,
    _runtime: Runtime,
}

impl Org {
    /// Listens on any free port of the loopback interface.
    #[must_use]
    pub fn start(config: OrgConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let standin = runtime.block_on(Standin::start(anywhere, config)).expect("a free port");
        Self { standin, _runtime: runtime }
    }

    /// The table of the tenant file that connects a tenant to it; `more` are lines of it.
    #[must_use]
    pub fn connection(&self, more: &str) -> String {
        let OrgConfig { consumer_key, client_secret, .. } = OrgConfig::default();
        format!(
            "[tenant.salesforce]\nlogin_url = \"{}\"\nflow = \"client_credentials\"\nclient_id = \"{consumer_key}\"\n\
             client_secret = \"{client_secret}\"\ntest_endpoint = true\n{more}\n\n",
            self.url()
        )
    }
}

impl Deref for Org {
    type Target = Standin;

    fn deref(&self) -> &Standin {
        &self.standin
    }
}
