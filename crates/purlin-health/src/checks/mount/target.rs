//! A mount of a target, as its shell shows it.

use super::table::Mounted;
use super::{Mount, iscsi, nfs};
use crate::checks::disk::timed;
use crate::checks::touch::refused;
use crate::{Cause, CheckOutcome, Failure, OnTarget, Phase, TargetAnswer, TargetQuestion};

/// $1 the path, $2 the same as the kernel writes it, $3 the file to read. Three parts with a NUL behind each of the first
/// two: the kernel's list of mounts, what it counts of NFS, and whether the mount answers. Where nothing is mounted nothing
/// is touched.
const ASK: &str = "export LC_ALL=C
cat /proc/self/mountinfo || exit 3
printf '\\0'
cat /proc/self/mountstats 2>/dev/null
printf '\\0'
f=
while read -r a b c d p r; do if [ \"$p\" = \"$2\" ]; then f=1; fi; done < /proc/self/mountinfo
if [ -z \"$f\" ]; then exit 0; fi
if [ -n \"$3\" ]; then exec head -c 1 -- \"$3\"; fi
exec stat -f -c %T -- \"$1\"";

/// As the kernel writes a path in its list.
fn escaped(path: &str) -> String {
    let escape = |letter: char| match letter {
        ' ' => "\\040".to_owned(),
        '\t' => "\\011".to_owned(),
        '\n' => "\\012".to_owned(),
        '\\' => "\\134".to_owned(),
        letter => letter.to_string(),
    };
    path.chars().map(escape).collect()
}

impl OnTarget for Mount {
    fn question(&self) -> TargetQuestion {
        let file = self.file.as_deref().unwrap_or_default();
        TargetQuestion::new(ASK).arg(&self.path).arg(escaped(&self.path)).arg(file)
    }

    /// What is below a mount over iSCSI is not looked at here.
    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        let text = answer.text();
        let mut parts = text.splitn(3, '\0');
        let (table, stats) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some(mounted) = Mounted::of(table, &self.path) else {
            let message = format!("nothing is mounted at {}", self.path);
            return CheckOutcome::Failed(Failure::new(
                Phase::Execute,
                Cause::Assertion("mounted".into()),
                message,
            ));
        };
        if let Some(failure) = self.unexpected(&mounted) {
            return CheckOutcome::Failed(failure);
        }
        if answer.code != 0 {
            return timed(refused(&self.path, &answer.complaint()), answer.phases());
        }
        let counts = nfs::measured(stats, &self.path);
        let disks: &[iscsi::Disk] = &[];
        CheckOutcome::Answered(self.evidence(&mounted, disks, counts, answer.phases()))
    }
}
