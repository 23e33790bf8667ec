#!/bin/sh
# Installs the Debian packages named as arguments and starts no service. Runs as root, from `cargo xtask test`.
set -eu

policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
left=
mark='left by cargo xtask test while it installed packages; safe to remove'

# The names have no spaces.
trap 'rm -f $left' EXIT
trap 'exit 130' HUP INT TERM

# Package scripts ask this file whether they may start their service; 101 means no. One that is there already was put
# there by somebody who decided so. One of ours is there only if an earlier run was killed.
if [ ! -e "$policy" ] || grep -q "$mark" "$policy"; then
    left=$policy
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
fi

# postgresql would make a cluster of its own, which nobody needs.
case " $* " in *" postgresql "*)
    left="$left $clusters/purlin.conf"
    mkdir -p "$clusters"
    printf '# %s\ncreate_main_cluster = false\n' "$mark" >"$clusters/purlin.conf" ;;
esac

DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"

# A fresh package is enabled for the next boot; the tests start their own private server.
if [ -d /run/systemd/system ]; then
    for service in haproxy nginx postgresql slapd ssh; do
        package=$service
        if [ "$service" = ssh ]; then package=openssh-server; fi
        case " $* " in *" $package "*) systemctl disable --quiet "$service" || true ;; esac
    done
fi
