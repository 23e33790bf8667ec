//! `a,b,`: hosts on the command line.

use super::detect::faulty;
use super::options::{AnsibleOptions, Limits};
use super::range::{self, Ranges};
use super::target::Target;
use crate::batch::Batch;
use crate::{Located, Origin};

/// Reads names joined by commas. Ranges are not expanded: so it is in Ansible.
pub(crate) fn read(text: &str, options: &AnsibleOptions, limits: &Limits) -> Batch {
    if let Some(fault) = options.refusal("host_list", text) {
        return faulty(text, [fault]);
    }
    let mut target = Target::new(text, options, limits);
    let origin = Origin::file(target.file);
    let Some(ungrouped) = target.group("ungrouped", origin) else { return target.finish() };
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let (name, port) = range::split_port(name, Ranges::Refused);
        let port = port.map(|port| Located::new(port, origin));
        target.host(name, port.as_ref(), origin, Some(ungrouped));
    }
    target.finish()
}
