//! What is asked: a small shell text for each part.

use crate::Probe;
use std::time::Duration;

/// How long one part may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The parts, in the order in which they are asked. The clock is last: between its answer and ours lies the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Os,
    Kernel,
    Cpu,
    Memory,
    Disks,
    Mounts,
    Usage,
    Interfaces,
    Addresses,
    Virtualization,
    Packages,
    Clock,
}

pub(super) const SECTIONS: [Section; 12] = [
    Section::Os,
    Section::Kernel,
    Section::Cpu,
    Section::Memory,
    Section::Disks,
    Section::Mounts,
    Section::Usage,
    Section::Interfaces,
    Section::Addresses,
    Section::Virtualization,
    Section::Packages,
    Section::Clock,
];

impl Section {
    pub(super) fn probe(&self) -> Probe {
        Probe::new(self.text()).limit(LIMIT)
    }

    fn text(self) -> &'static str {
        match self {
            Self::Os => "cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release",
            Self::Kernel => "uname -s && uname -r && uname -m && uname -n",
            Self::Cpu => CPU,
            Self::Memory => "cat /proc/meminfo",
            Self::Disks => DISKS,
            Self::Mounts => "cat /proc/self/mountinfo",
            Self::Usage => USAGE,
            Self::Interfaces => INTERFACES,
            Self::Addresses => "PATH=$PATH:/sbin:/usr/sbin ip -o addr show",
            Self::Virtualization => VIRTUALIZATION,
            Self::Packages => PACKAGES,
            Self::Clock => "date -u +%s.%N",
        }
    }
}

const CPU: &str = "getconf _NPROCESSORS_ONLN || nproc || exit 1
grep -E '^(model name|physical id)' /proc/cpuinfo | sort -u
exit 0";

const DISKS: &str = "for d in /sys/block/*; do
  n=${d##*/}
  case $n in loop*|ram*|zram*|'*') continue ;; esac
  s=0 r=0 m=
  { read -r s < \"$d/size\"; read -r r < \"$d/queue/rotational\"; read -r m < \"$d/device/model\"; } 2>/dev/null
  echo \"$n $s $r $m\"
done";

/// Only types that are surely local are asked how full they are.
const USAGE: &str = "while read -r a b c d p o; do
  t=${o#* - }
  case ${t%% *} in ext2|ext3|ext4|xfs|btrfs|vfat|f2fs|zfs|jfs|overlay) ;; *) continue ;; esac
  case $p in *\\\\*) continue ;; esac
  set -- \"$@\" \"$p\"
done < /proc/self/mountinfo
if [ $# -gt 0 ]; then LC_ALL=C df -Pk -- \"$@\"; fi";

const INTERFACES: &str = "for i in /sys/class/net/*; do
  n=${i##*/}
  if [ \"$n\" = '*' ]; then continue; fi
  a= m= s=
  { read -r a < \"$i/address\"; read -r m < \"$i/mtu\"; read -r s < \"$i/operstate\"; } 2>/dev/null
  echo \"$n ${s:-unknown} ${m:--} ${a:--}\"
done";

const VIRTUALIZATION: &str = "v=$(systemd-detect-virt 2>/dev/null)
if [ -z \"$v\" ]; then
  if [ -e /.dockerenv ]; then v=docker
  elif [ -e /run/.containerenv ]; then v=podman
  elif grep -q '^flags.* hypervisor' /proc/cpuinfo 2>/dev/null; then v=unknown
  else v=none
  fi
fi
echo \"$v\"
a= b=
{ read -r a < /sys/class/dmi/id/sys_vendor; read -r b < /sys/class/dmi/id/product_name; } 2>/dev/null
echo \"$a $b\"";

const PACKAGES: &str = "for p in apt-get dnf yum zypper apk pacman; do
  if command -v \"$p\" >/dev/null; then echo \"$p\"; exit 0; fi
done
echo 'there is none of the package managers that are known' >&2
exit 1";
