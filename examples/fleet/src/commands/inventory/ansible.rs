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
    env: AnsibleEnv,
}

impl Ansible {
    /// Reads them.
    ///
    /// # Errors
    /// Those of [`AnsibleConfig::find`].
    pub(super) fn find() -> Result<Self> {
        let env = AnsibleEnv::of_process()?;
        Ok(Self { config: AnsibleConfig::find(&env)?, env })
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
            .vars_extensions(config.yaml_extensions.value.clone())
            .playbook_dir(self.env.get("ANSIBLE_PLAYBOOK_DIR").map_or(Path::new(""), Path::new));
        if let Some(extensions) = &config.ignore_extensions.value {
            options = options.ignored_extensions(extensions.clone());
        }
        if let Some(extensions) = self.list("ANSIBLE_INVENTORY_PLUGIN_EXTS") {
            options = options.inventory_extensions(extensions);
        }
        match self.list("ANSIBLE_VARS_ENABLED") {
            Some(plugins) if !plugins.iter().any(|plugin| plugin.ends_with("host_group_vars")) => {
                options.vars_folders(VarsFolders::Ignore)
            }
            _ => options,
        }
    }

    /// Whether a pattern with a part that matches nothing is refused.
    pub(super) fn refuses_unmatched(&self) -> bool {
        self.config.pattern_mismatch_is_error.value
    }

    /// What is worth knowing, such as a setting that is not followed here.
    pub(super) fn warnings(&self) -> Diagnostics {
        let mut warnings = self.config.warnings().clone();
        warnings.extend(not_followed("precedence", &self.config.precedence));
        warnings.extend(not_followed("enable_plugins", &self.config.enable_plugins));
        warnings
    }

    fn list(&self, name: &str) -> Option<Vec<String>> {
        let text = self.env.get(name)?;
        Some(text.split(',').map(|item| item.trim().to_owned()).collect())
    }
}

/// A setting of an order that is fixed here.
fn not_followed(name: &str, setting: &Setting<Vec<String>>) -> Option<Diagnostic> {
    let place = match &setting.origin {
        SettingOrigin::File(place) => place.clone(),
        SettingOrigin::Env(variable) => Place::file(format!("${variable}")),
        _ => return None,
    };
    let message = format!("Ansible's setting {name} is not followed: its default counts");
    Some(Diagnostic::warning("ansible-setting", message).place(place))
}
