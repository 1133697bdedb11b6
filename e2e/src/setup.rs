//! What a server under test is set up with: `ringbridge.toml` and a tenant file, written as an administrator would.
//!
//! Promises: short ring time-outs, no wrap-up and one tenant unless a test says otherwise. Leaves to others: starting it.

use std::{fmt::Write as _, net::SocketAddr, path::Path};

/// The secret with which callbacks are signed in tests.
pub const CALLBACK_SECRET: &str = "whsec_cmluZ2JyaWRnZS1lbmQtdG8tZW5kLXRlc3Rz";

/// The tenant of tests.
pub const TENANT: &str = "acme";

/// The password of every agent in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// An agent with one phone.
#[derive(Clone, Debug)]
pub struct AgentSetup {
    /// The log-in.
    pub login: String,
    /// Lines of the phone's table in the tenant file.
    pub phone: String,
}

/// Everything that may differ between tests.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The agents.
    pub agents: Vec<AgentSetup>,
    /// The trunk's address and URI parameters, for example `127.0.0.1:5090;transport=tcp`.
    pub trunk: String,
    /// User name and password for the trunk's digest.
    pub trunk_credentials: Option<(String, String)>,
    /// How often the trunk is asked OPTIONS; 0: never. SIPp would take each for a call.
    pub keep_alive_seconds: u32,
    /// How long an agent's phone rings.
    pub agent_ring_seconds: u32,
    /// How long a customer's phone rings.
    pub customer_ring_seconds: u32,
    /// The wrap-up of calls without a queue.
    pub wrap_up_seconds: u32,
    /// The host that SIP listens on.
    pub sip_host: String,
    /// More lines for the tenant's own table.
    pub tenant_lines: String,
    /// More tables for the tenant (queues, code lists).
    pub tenant_tables: String,
    /// More lines for `ringbridge.toml`.
    pub config_tables: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            agents: Vec::new(),
            trunk: "127.0.0.1:9".to_owned(),
            trunk_credentials: None,
            keep_alive_seconds: 0,
            agent_ring_seconds: 20,
            customer_ring_seconds: 20,
            wrap_up_seconds: 0,
            sip_host: "127.0.0.1".to_owned(),
            tenant_lines: String::new(),
            tenant_tables: String::new(),
            config_tables: String::new(),
        }
    }
}

impl Setup {
    /// One agent, alice, whose phone is at one address, and a trunk at another.
    #[must_use]
    pub fn between(phone: SocketAddr, trunk: SocketAddr) -> Self {
        Self::default().agent("alice", phone).trunk(&trunk.to_string())
    }

    /// Adds an agent whose phone has a fixed address.
    #[must_use]
    pub fn agent(mut self, login: &str, phone: SocketAddr) -> Self {
        self.agents
            .push(AgentSetup { login: login.to_owned(), phone: format!("uri = \"sip:{login}@{phone}\"\n") });
        self
    }

    /// Adds an agent whose phone registers by digest.
    #[must_use]
    pub fn registering_agent(mut self, login: &str, password: &str) -> Self {
        self.agents.push(AgentSetup {
            login: login.to_owned(),
            phone: format!("register = \"{login}\"\npassword = \"{password}\"\n"),
        });
        self
    }

    /// Adds a line to the phone of the agent added last.
    #[must_use]
    pub fn phone_line(mut self, line: &str) -> Self {
        let agent = self.agents.last_mut().expect("an agent was added");
        let _ = writeln!(agent.phone, "{line}");
        self
    }

    /// Names the trunk.
    #[must_use]
    pub fn trunk(mut self, address: &str) -> Self {
        address.clone_into(&mut self.trunk);
        self
    }

    /// Gives the trunk credentials.
    #[must_use]
    pub fn trunk_credentials(mut self, user: &str, password: &str) -> Self {
        self.trunk_credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Sets the ring time-outs in seconds: agent, customer.
    #[must_use]
    pub const fn ring_seconds(mut self, agent: u32, customer: u32) -> Self {
        self.agent_ring_seconds = agent;
        self.customer_ring_seconds = customer;
        self
    }

    /// Sets the wrap-up of calls without a queue.
    #[must_use]
    pub const fn wrap_up_seconds(mut self, seconds: u32) -> Self {
        self.wrap_up_seconds = seconds;
        self
    }

    /// Adds tables to the tenant.
    #[must_use]
    pub fn tenant_tables(mut self, tables: &str) -> Self {
        self.tenant_tables.push_str(tables);
        self
    }

    /// Adds lines to the tenant's own table.
    #[must_use]
    pub fn tenant_lines(mut self, lines: &str) -> Self {
        self.tenant_lines.push_str(lines);
        self
    }

    /// The text of `ringbridge.toml`.
    #[must_use]
    pub fn config(&self, data: &Path, https: SocketAddr, sip_port: u16, metrics: SocketAddr) -> String {
        let (user, password) = self.trunk_credentials.clone().unwrap_or_default();
        let host = &self.sip_host;
        format!(
            "public_url = \"https://localhost:{https_port}\"\n\
             data_dir = \"{data}\"\n\n\
             [https]\nlisten = \"{https}\"\n\n\
             [sip]\nlisten = [\"udp:{host}:{sip_port}\", \"tcp:{host}:{sip_port}\"]\nadvertise = \"{host}\"\n\n\
             [sip.trunk.main]\nuri = \"sip:{trunk}\"\nusername = \"{user}\"\npassword = \"{password}\"\n\
             keep_alive_seconds = {keep_alive}\n\n\
             [call]\nagent_ring_seconds = {agent_ring}\ncustomer_ring_seconds = {customer_ring}\n\n\
             [outbound]\nallow_private = [\"127.0.0.0/8\"]\n\n\
             [metrics]\nlisten = \"{metrics}\"\n\n{more}",
            https_port = https.port(),
            data = data.display(),
            trunk = self.trunk,
            keep_alive = self.keep_alive_seconds,
            agent_ring = self.agent_ring_seconds,
            customer_ring = self.customer_ring_seconds,
            more = self.config_tables,
        )
    }

    /// The text of the tenant file.
    #[must_use]
    pub fn tenant(&self) -> String {
        let mut text = format!(
            "[[tenant]]\nname = \"{TENANT}\"\ntime_zone = \"America/Los_Angeles\"\ncountry = \"US\"\n\
             default_caller_id = \"5251990\"\nwrap_up_seconds = {}\nallowed_countries = [\"US\", \"CA\", \"GB\"]\n{}\n\
             [[tenant.channel]]\nnumber = \"5251990\"\nname = \"Main line\"\n\n{}\n\
             [tenant.callbacks]\nsecret = \"{CALLBACK_SECRET}\"\n\n",
            self.wrap_up_seconds, self.tenant_lines, self.tenant_tables
        );
        for agent in &self.agents {
            let _ = write!(
                text,
                "[[tenant.agent]]\nlogin = \"{login}\"\npassword = \"{PASSWORD}\"\nname = \"{login}\"\n{queues}\
                 [[tenant.agent.phone]]\n{phone}\n",
                login = agent.login,
                queues =
                    if self.tenant_tables.contains("[[tenant.queue]]") { "queues = [101]\n" } else { "" },
                phone = agent.phone,
            );
        }
        text
    }
}
