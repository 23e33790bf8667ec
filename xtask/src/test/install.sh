#!/bin/sh
# Installs the Debian packages named as arguments and starts no service. Runs as root, from `cargo xtask test`.
set -eu

policy=/usr/sbin/policy-rc.d
mark='left by cargo xtask test while it installed packages; safe to remove'

# Package scripts ask this file whether they may start their service; 101 means no. One that is there already was put
# there by somebody who decided so. One of ours is there only if an earlier run was killed.
if [ ! -e "$policy" ] || grep -q "$mark" "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
fi

DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"

# A fresh package is enabled for the next boot; the tests start their own private server.
if [ -d /run/systemd/system ]; then
    for service in nginx; do
        case " $* " in *" $service "*) systemctl disable --quiet "$service" || true ;; esac
    done
fi
