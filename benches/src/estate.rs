//! Estates to measure with: the same size gives the same files, on every machine.
//!
//! 79 groups: sites in regions, roles in tiers, environments, and a group for each environment and role. A host has 6
//! to 8 variables, a group 2 to 5; `http_port` is said on five levels, so that precedence has something to do.

use std::fmt::{self, Write};

const ROLES: [(&str, &str, u64); 12] = [
    ("web", "front", 22),
    ("app", "middle", 24),
    ("db", "back", 8),
    ("cache", "middle", 8),
    ("queue", "middle", 5),
    ("lb", "front", 3),
    ("ldap", "back", 2),
    ("dns", "front", 2),
    ("mon", "infra", 3),
    ("build", "infra", 5),
    ("store", "back", 8),
    ("esx", "infra", 10),
];
const SITES: [(&str, &str); 8] = [
    ("ams1", "eu"),
    ("ams2", "eu"),
    ("lon1", "eu"),
    ("nyc1", "us"),
    ("nyc2", "us"),
    ("sfo1", "us"),
    ("sin1", "ap"),
    ("tok1", "ap"),
];
const ENVS: [(&str, u64); 4] = [("prod", 60), ("stage", 15), ("test", 15), ("dev", 10)];
const SYSTEMS: [&str; 6] = ["debian12", "debian11", "ubuntu2204", "rhel9", "rhel8", "sles15"];
const MEMORY: [i64; 5] = [8, 16, 32, 64, 128];

/// Distinct keys that every host gets from its groups.
const SHARED_KEYS: usize = 21;

/// A made-up estate.
#[derive(Debug)]
pub struct Estate {
    hosts: Vec<Host>,
    groups: Vec<Group>,
    shared: Vec<Var>,
}

#[derive(Debug)]
struct Host {
    name: String,
    vars: Vec<Var>,
}

#[derive(Debug)]
struct Group {
    name: String,
    vars: Vec<Var>,
    children: Vec<String>,
    hosts: Vec<usize>,
}

type Var = (&'static str, Value);

#[derive(Debug)]
enum Value {
    Text(String),
    Int(i64),
    Bool(bool),
    List(Vec<String>),
    Map(Vec<(&'static str, i64)>),
}

impl Estate {
    /// An estate of so many hosts.
    pub fn new(size: usize) -> Self {
        let mut estate = Self { hosts: Vec::with_capacity(size), groups: groups(), shared: shared() };
        let mut random = Random::new(20_060_923);
        let mut counts = std::collections::HashMap::<_, u32>::new();
        for id in 0..size {
            let role = random.weighted(ROLES.iter().map(|(_, _, weight)| *weight));
            let site = random.below(SITES.len());
            let env = random.weighted(ENVS.iter().map(|(_, weight)| *weight));
            let count = counts.entry((role, site, env)).or_default();
            *count += 1;
            let (role, site, env) = (ROLES[role].0, SITES[site].0, ENVS[env].0);
            let name = format!("{role}{count:04}.{site}.{env}.example.net");
            estate.hosts.push(Host { name, vars: host_vars(id, site, &mut random) });
            let member_of = [
                format!("role_{role}"),
                format!("site_{site}"),
                format!("env_{env}"),
                format!("{env}_{role}"),
            ];
            for group in estate.groups.iter_mut().filter(|group| member_of.contains(&group.name)) {
                group.hosts.push(id);
            }
        }
        estate
    }

    /// How many variables all hosts have together, those of their groups included.
    pub fn resolved(&self) -> usize {
        let own = |host: &Host| host.vars.iter().filter(|(key, _)| *key != "http_port").count();
        self.hosts.iter().map(|host| SHARED_KEYS + own(host)).sum()
    }

    /// As Ansible's INI.
    pub fn ini(&self) -> String {
        let mut text = String::new();
        self.write_ini(&mut text).unwrap_or_default();
        text
    }

    /// As Ansible's YAML.
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        self.write_yaml(&mut text).unwrap_or_default();
        text
    }

    fn write_ini(&self, out: &mut String) -> fmt::Result {
        for host in &self.hosts {
            out.push_str(&host.name);
            for (key, value) in &host.vars {
                match value {
                    Value::Text(text) if text.contains('"') => {
                        let literal = text.replace('"', "\\\"");
                        write!(out, " {key}=\"{literal}\"")?;
                    }
                    value => write!(out, " {key}={}", Python(value))?,
                }
            }
            out.push('\n');
        }
        let section = |out: &mut String, name: &str, vars: &[Var]| {
            writeln!(out, "\n[{name}:vars]")?;
            vars.iter().try_for_each(|(key, value)| writeln!(out, "{key}={}", Python(value)))
        };
        section(out, "all", &self.shared)?;
        for group in &self.groups {
            if group.children.is_empty() {
                writeln!(out, "\n[{}]", group.name)?;
                group.hosts.iter().try_for_each(|host| writeln!(out, "{}", self.hosts[*host].name))?;
            } else {
                writeln!(out, "\n[{}:children]\n{}", group.name, group.children.join("\n"))?;
            }
            section(out, &group.name, &group.vars)?;
        }
        Ok(())
    }

    /// In purlin's own format, as TOML, each host written apart: regions, sites, tiers, roles and environments are
    /// dimensions there, and the groups of an environment and a role are groups.
    pub fn native(&self) -> String {
        let mut text = "purlin = 1\n".to_owned();
        self.write_native(&mut text).unwrap_or_default();
        text
    }

    fn write_native(&self, out: &mut String) -> fmt::Result {
        let vars = |out: &mut String, vars: &[Var]| {
            // Where a host stands is a key of its own.
            let stands = ["region", "site", "tier", "role", "env", "ansible_host"];
            let mut vars = vars.iter().filter(|(key, _)| !stands.contains(key));
            vars.try_for_each(|(key, value)| writeln!(out, "vars.{key} = {}", Toml(value)))
        };
        writeln!(out, "[defaults]")?;
        vars(out, &self.shared)?;
        for group in &self.groups {
            let (kind, member) = group.name.split_once('_').unwrap_or_default();
            let dimension = match kind {
                "region" | "site" | "tier" | "role" => kind,
                "env" => "environment",
                _ => {
                    let hosts: Vec<&str> = group.hosts.iter().map(|host| &*self.hosts[*host].name).collect();
                    writeln!(out, "[groups.{}]\nhosts = {hosts:?}", group.name)?;
                    vars(out, &group.vars)?;
                    continue;
                }
            };
            writeln!(out, "[{dimension}.{member}]")?;
            match dimension {
                "site" => SITES
                    .iter()
                    .filter(|(site, _)| *site == member)
                    .try_for_each(|(_, region)| writeln!(out, "region = {region:?}"))?,
                "role" => ROLES
                    .iter()
                    .filter(|(role, _, _)| *role == member)
                    .try_for_each(|(_, tier, _)| writeln!(out, "tier = {tier:?}"))?,
                _ => {}
            }
            vars(out, &group.vars)?;
        }
        for host in &self.hosts {
            let mut parts = host.name.split('.');
            let mut part = || parts.next().unwrap_or_default();
            let (role, site, env) =
                (part().trim_end_matches(|letter: char| letter.is_ascii_digit()), part(), part());
            writeln!(
                out,
                "[hosts.{:?}]\nsite = {site:?}\nroles = [{role:?}]\nenvironment = {env:?}",
                host.name
            )?;
            let address = host.vars.iter().find(|(key, _)| *key == "ansible_host");
            address.map_or(Ok(()), |(_, address)| writeln!(out, "address = {}", Toml(address)))?;
            vars(out, &host.vars)?;
        }
        Ok(())
    }

    fn write_yaml(&self, out: &mut String) -> fmt::Result {
        let entries = |out: &mut String, indent: &str, vars: &[Var]| {
            vars.iter().try_for_each(|(key, value)| writeln!(out, "{indent}{key}: {}", Json(value)))
        };
        out.push_str("all:\n  vars:\n");
        entries(out, "    ", &self.shared)?;
        out.push_str("  hosts:\n");
        for host in &self.hosts {
            writeln!(out, "    {}:", host.name)?;
            entries(out, "      ", &host.vars)?;
        }
        out.push_str("  children:\n");
        for group in &self.groups {
            writeln!(out, "    {}:\n      vars:", group.name)?;
            entries(out, "        ", &group.vars)?;
            if !group.children.is_empty() {
                out.push_str("      children:\n");
                group.children.iter().try_for_each(|child| writeln!(out, "        {child}:"))?;
            }
            if !group.hosts.is_empty() {
                out.push_str("      hosts:\n");
                let mut hosts = group.hosts.iter();
                hosts.try_for_each(|host| writeln!(out, "        {}:", self.hosts[*host].name))?;
            }
        }
        Ok(())
    }
}

/// So many names out of `node0` to `node(of-1)`, shuffled.
pub fn shuffled_names(size: usize, of: usize) -> Vec<String> {
    let mut random = Random::new(20_060_923);
    let mut names: Vec<String> = (0..of).map(|number| format!("node{number}")).collect();
    for end in (1..of).rev() {
        names.swap(end, random.below(end + 1));
    }
    names.truncate(size);
    names
}

fn host_vars(id: usize, site: &str, random: &mut Random) -> Vec<Var> {
    let rack = format!("{site}-r{:02}", random.below(40));
    let mut vars = vec![
        ("ansible_host", text(format!("10.{}.{}.{}", id >> 16 & 255, id >> 8 & 255, id & 255))),
        ("host_id", Value::Int(i64::try_from(id).unwrap_or_default())),
        ("rack", text(rack)),
        ("os", text(SYSTEMS[random.below(SYSTEMS.len())])),
        ("mem_gb", Value::Int(MEMORY[random.below(MEMORY.len())])),
        ("virtual", Value::Bool(random.below(10) < 7)),
    ];
    if random.below(10) == 0 {
        vars.push(("http_port", Value::Int(9000 + i64::try_from(random.below(100)).unwrap_or_default())));
    }
    if random.below(20) == 0 {
        vars.push(("note", text(format!("it's \"quoted\" # not a comment = {id}"))));
    }
    vars
}

fn shared() -> Vec<Var> {
    vec![
        ("domain", text("example.net")),
        ("admin", text("ops@example.net")),
        ("http_port", Value::Int(80)),
        ("retries", Value::Int(3)),
    ]
}

fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    let mut add = |name: String, vars, children| {
        groups.push(Group { name, vars, children, hosts: Vec::new() });
    };
    for region in ["eu", "us", "ap"] {
        let servers = (1..=2).map(|number| format!("ntp{number}.{region}.example.net")).collect();
        let vars =
            vec![("region", text(region)), ("ntp", Value::List(servers)), ("http_port", Value::Int(81))];
        let sites = SITES.iter().filter(|(_, of)| *of == region).map(|(site, _)| format!("site_{site}"));
        add(format!("region_{region}"), vars, sites.collect());
    }
    for (site, _) in SITES {
        let vars = vec![
            ("site", text(site)),
            ("gateway", text(format!("gw.{site}.example.net"))),
            ("dns_search", text(format!("{site}.example.net"))),
            ("ldap_uri", text(format!("ldaps://ldap.{site}.example.net"))),
        ];
        add(format!("site_{site}"), vars, Vec::new());
    }
    for tier in ["front", "middle", "back", "infra"] {
        let vars = vec![
            ("tier", text(tier)),
            ("backup", Value::Bool(tier == "back")),
            ("http_port", Value::Int(82)),
        ];
        let roles = ROLES.iter().filter(|(_, of, _)| *of == tier).map(|(role, _, _)| format!("role_{role}"));
        add(format!("tier_{tier}"), vars, roles.collect());
    }
    for (role, _, weight) in ROLES {
        let vars = vec![
            ("role", text(role)),
            ("service", text(format!("{role}d"))),
            ("check_interval", Value::Int(10 + weight.cast_signed())),
            ("limits", Value::Map(vec![("nofile", 65536), ("nproc", 4096)])),
            ("http_port", Value::Int(8080)),
        ];
        add(format!("role_{role}"), vars, Vec::new());
    }
    for (env, weight) in ENVS {
        let level = if env == "prod" { "info" } else { "debug" };
        let vars = vec![
            ("env", text(env)),
            ("log_level", text(level)),
            ("replicas", Value::Int(weight.cast_signed())),
        ];
        add(format!("env_{env}"), vars, Vec::new());
        for (role, _, weight) in ROLES {
            let pool = format!("{env}-{role}");
            let vars = vec![("pool", text(pool)), ("max_conn", Value::Int(100 + weight.cast_signed()))];
            add(format!("{env}_{role}"), vars, Vec::new());
        }
    }
    groups
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// A value as the Python literal that INI files hold; text as it is.
struct Python<'a>(&'a Value);

impl fmt::Display for Python<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => f.write_str(text),
            Value::Bool(truth) => f.write_str(if *truth { "True" } else { "False" }),
            other => Json(other).fmt(f),
        }
    }
}

/// A value as JSON, which is YAML.
struct Json<'a>(&'a Value);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Escapes quotes as JSON does; no other character that needs it occurs.
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Int(number) => number.fmt(f),
            Value::Bool(truth) => truth.fmt(f),
            Value::List(items) => write!(f, "{items:?}"),
            Value::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| format!("{key:?}: {value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
        }
    }
}

/// A value as TOML.
struct Toml<'a>(&'a Value);

impl fmt::Display for Toml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Map(entries) => {
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                write!(f, "{{ {} }}", entries.join(", "))
            }
            other => Json(other).fmt(f),
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: the same numbers everywhere, whatever a crate's next version does.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    /// The index of one of the weights.
    fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut left = self.next() % weights.clone().sum::<u64>();
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}
