//! Batches and the files beside them become one inventory.

use crate::ansible::vault::keyring::Keyring;
use crate::ansible::{AnsibleOptions, Limits, VarsFolders, plugin, vars_files};
use crate::batch::{Batch, Next};
use crate::{Inventory, InventoryBuilder, Profile};
use purlin_core::{Cx, Diagnostics, Result};
use std::path::{Path, PathBuf};

pub(super) struct Merge {
    pub(super) profile: Option<Profile>,
    pub(super) options: AnsibleOptions,
    pub(super) limits: Limits,
    pub(super) keyring: Keyring,
    pub(super) diagnostics: Diagnostics,
}

impl Merge {
    pub(super) fn run(self, cx: &Cx, batches: Vec<Batch>) -> Result<(Inventory, Diagnostics)> {
        let is_native = |batch: &Batch| batch.extra.profile == Some(Profile::Native);
        let profile = self.profile.unwrap_or_else(|| match batches.iter().any(is_native) {
            true => Profile::Native,
            false => Profile::Ansible,
        });
        let mut builder =
            InventoryBuilder::new().profile(profile).hash_behaviour(self.options.hash_behaviour);
        self.diagnostics.iter().for_each(|diagnostic| builder.report(diagnostic.clone()));
        let mut folders = Folders::default();
        let ansibles = batches.iter().any(Batch::is_ansibles);
        for mut batch in batches {
            if let Some(folder) = batch.extra.vars_beside.take() {
                folders.add(&folder);
            }
            builder.begin_source();
            self.add(cx, &mut builder, batch, &folders);
            cx.check("inventory.merge")?;
        }
        if let Some(folder) = self.options.playbook_dir.as_ref().filter(|_| ansibles) {
            folders.add(folder);
        }
        self.read_folders(cx, &mut builder, &folders);
        cx.check("inventory.merge")?;
        builder.finish()
    }

    fn add(&self, cx: &Cx, builder: &mut InventoryBuilder, mut batch: Batch, folders: &Folders) {
        let then = std::mem::take(&mut batch.extra.then);
        self.open(cx, &mut batch);
        builder.merge_part(batch);
        for next in then {
            match next {
                Next::Batch(batch) => self.add(cx, builder, *batch, folders),
                Next::Constructed { name, config } => {
                    let so_far = if plugin::uses_vars_files(&config) {
                        let mut with_files = builder.clone();
                        self.read_folders(cx, &mut with_files, folders);
                        with_files.snapshot()
                    } else {
                        builder.snapshot()
                    };
                    builder.merge_part(plugin::constructed(&so_far, &config, &name));
                }
            }
        }
    }

    #[cfg(feature = "vault")]
    fn open(&self, cx: &Cx, batch: &mut Batch) {
        self.keyring.open(cx, batch);
    }

    #[cfg(not(feature = "vault"))]
    fn open(&self, _cx: &Cx, _batch: &mut Batch) {}

    fn read_folders(&self, cx: &Cx, builder: &mut InventoryBuilder, folders: &Folders) {
        if self.options.vars_folders == VarsFolders::Ignore {
            return;
        }
        for (folder, _) in &folders.0 {
            let how = (&self.options, &self.limits, &self.keyring);
            let mut batch = vars_files::read_beside(cx, folder, builder.names(), how);
            self.open(cx, &mut batch);
            builder.merge_files(batch);
        }
    }
}

/// Folders in the order in which they count, each once, with what it really is.
#[derive(Default)]
struct Folders(Vec<(PathBuf, Option<PathBuf>)>);

impl Folders {
    /// What is said last counts, so a folder that comes again counts where it comes last.
    fn add(&mut self, folder: &Path) {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let real = here.canonicalize().ok();
        self.0.retain(|(known, known_real)| known != folder && (known_real.is_none() || *known_real != real));
        self.0.push((folder.to_owned(), real));
    }
}
