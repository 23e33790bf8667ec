//! What Ansible's own configuration says: `ansible.cfg` and the variables `ANSIBLE_*`.

use purlin::Result;
use purlin::core::{Diagnostic, Diagnostics, Place};
use purlin::inventory::{
    AnsibleConfig, AnsibleEnv, AnsibleOptions, Setting, SettingOrigin, VarsFolders, VaultPasswordSource,
};
use std::path::Path;

/// Ansible's settings as far as inventories depend on them.
pub(super) struct Ansible {
    config: AnsibleConfig,
}

impl Ansible {
    /// Reads them.
    ///
    /// # Errors
    /// Those of [`AnsibleConfig::find`].
    pub(super) fn find() -> Result<Self> {
        let env = AnsibleEnv::of_process()?;
        Ok(Self { config: AnsibleConfig::find(&env)? })
    }

    /// The sources that somebody named, else `/etc/ansible/hosts` where it is there.
    pub(super) fn sources(&self) -> Vec<String> {
        let inventory = &self.config.inventory;
        let counts = |path: &&std::path::PathBuf| inventory.origin != SettingOrigin::Default || path.exists();
        inventory.value.iter().filter(counts).map(|path| path.display().to_string()).collect()
    }

    /// Where the passwords of Ansible Vault are, with the vault id that each belongs to. Entries that ask somebody are left
    /// out: nobody is asked here.
    pub(super) fn vault_passwords(&self) -> impl Iterator<Item = (Option<&str>, &Path)> {
        let file = self.config.vault_password_file.value.as_deref().map(|path| (None, path));
        let identities =
            self.config.vault_identities.value.iter().filter_map(|identity| match &identity.source {
                VaultPasswordSource::File(path) => Some((identity.id.as_deref(), path.as_path())),
                _ => None,
            });
        file.into_iter().chain(identities)
    }

    /// How Ansible's formats are read.
    pub(super) fn options(&self) -> AnsibleOptions {
        let config = &self.config;
        let mut options = AnsibleOptions::new()
            .hash_behaviour(config.hash_behaviour.value)
            .group_names(config.group_names.value)
            .ignored_patterns(config.ignore_patterns.value.clone())
            .readers(config.enable_plugins.value.clone())
            .inventory_extensions(config.inventory_extensions.value.clone())
            .vars_extensions(config.yaml_extensions.value.clone())
            .playbook_dir(config.playbook_dir.value.as_deref().unwrap_or(Path::new("")));
        if let Some(extensions) = &config.ignore_extensions.value {
            options = options.ignored_extensions(extensions.clone());
        }
        match config.vars_plugins.value.iter().any(|plugin| plugin.ends_with("host_group_vars")) {
            true => options,
            false => options.vars_folders(VarsFolders::Ignore),
        }
    }

    /// Whether a pattern with a part that matches nothing is refused.
    pub(super) fn refuses_unmatched(&self) -> bool {
        self.config.pattern_mismatch_is_error.value
    }

    /// What is worth knowing, such as a setting that is not followed here.
    pub(super) fn warnings(&self) -> Diagnostics {
        let mut warnings = self.config.warnings().clone();
        let config = &self.config;
        warnings.extend(not_followed("precedence", &config.precedence, "its default counts"));
        if !is_in_order(&config.enable_plugins.value) {
            let instead = "a source's name and content say which of its plugins reads it, not their order";
            warnings.extend(not_followed("enable_plugins", &config.enable_plugins, instead));
        }
        if config.vault_id_match.value {
            let instead = "passwords of other vault ids are tried too";
            warnings.extend(not_followed("vault_id_match", &config.vault_id_match, instead));
        }
        warnings
    }
}

/// Whether the readers stand in Ansible's own order, so far as it can matter.
fn is_in_order(plugins: &[String]) -> bool {
    let order = ["script", "auto", "yaml", "ini"];
    let name = |plugin: &String| plugin.rsplit('.').next().unwrap_or_default().to_owned();
    let places = plugins.iter().filter_map(|plugin| order.iter().position(|known| *known == name(plugin)));
    places.is_sorted()
}

/// A setting that is not followed here, and what counts instead.
fn not_followed<T>(name: &str, setting: &Setting<T>, instead: &str) -> Option<Diagnostic> {
    let place = match &setting.origin {
        SettingOrigin::File(place) => place.clone(),
        SettingOrigin::Env(variable) => Place::file(format!("${variable}")),
        _ => return None,
    };
    let message = format!("Ansible's setting {name} is not followed: {instead}");
    Some(Diagnostic::warning("ansible-setting", message).place(place))
}
