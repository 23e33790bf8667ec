//! The shell texts for files. They never change; paths are their arguments. POSIX, with `stat -c`, `mv -T` and
//! `sha256sum` as GNU and busybox have them.

/// $1 the file.
pub(super) const READ: &str = "export LC_ALL=C
if [ -d \"$1\" ]; then echo 'Is a directory' >&2; exit 1; fi
exec cat -- \"$1\"";

/// $1 the file, $2 the wanted length. Says `SUM MODE USER GROUP UID GID`, or `other` where there is no such file, or one
/// of another length.
pub(super) const LOOK: &str = "export LC_ALL=C
sum() {
  if command -v sha256sum >/dev/null; then sha256sum
  elif command -v shasum >/dev/null; then shasum -a 256
  elif command -v openssl >/dev/null; then openssl dgst -sha256 -r
  fi
}
if [ -d \"$1\" ] && [ ! -L \"$1\" ]; then echo 'Is a directory' >&2; exit 1; fi
if [ -L \"$1\" ] || [ ! -f \"$1\" ] || [ \"$(stat -c %s -- \"$1\")\" != \"$2\" ]; then echo other; exit 0; fi
s=$(sum < \"$1\" 2>/dev/null)
if [ -z \"$s\" ]; then echo other; exit 0; fi
echo \"${s%% *} $(stat -c '%a %U %G %u %g' -- \"$1\")\"";

/// $1 the file, $2 the temporary one, $3 mode, $4 owner or nothing, $5 the SHA-256, $6 the length; the content on
/// standard input. Says `verified` or `measured`.
pub(super) const STORE: &str = "export LC_ALL=C
sum() {
  if command -v sha256sum >/dev/null; then sha256sum
  elif command -v shasum >/dev/null; then shasum -a 256
  elif command -v openssl >/dev/null; then openssl dgst -sha256 -r
  fi
}
p=$1 t=$2
trap 'rm -f -- \"$t\"' EXIT
trap 'exit 1' HUP INT TERM
umask 077
set -C
cat > \"$t\" || exit 1
set +C
if [ \"$(wc -c < \"$t\" | tr -d ' ')\" != \"$6\" ]; then echo 'purlin: damaged' >&2; exit 1; fi
s=$(sum < \"$t\")
s=${s%% *}
case $s in
  \"$5\") v=verified ;;
  '') v=measured ;;
  *) echo 'purlin: damaged' >&2; exit 1 ;;
esac
if [ -n \"$4\" ]; then chown \"$4\" \"$t\" || exit 1; fi
chmod \"$3\" \"$t\" || exit 1
sync \"$t\" 2>/dev/null || sync
if [ -d \"$p\" ] && [ ! -L \"$p\" ]; then echo 'Is a directory' >&2; exit 1; fi
mv -T -f -- \"$t\" \"$p\" || exit 1
trap - EXIT
sync \"$(dirname -- \"$p\")\" 2>/dev/null || sync
echo \"$v\"";

/// $1 the path. Says the fields of [`super::stat`], and below them where a link leads.
pub(super) const STAT: &str = "export LC_ALL=C
stat -c '%f %s %u %g %Y %U %G' -- \"$1\" || exit 1
if [ -L \"$1\" ]; then readlink -n -- \"$1\"; fi";

/// $1 the folder. Says `0` or `n`, for what ends an entry (busybox cannot say NUL), and then the entries.
pub(super) const LIST: &str = "export LC_ALL=C
if [ ! -d \"$1\" ]; then stat -- \"$1\" >/dev/null && echo 'Not a directory' >&2; exit 1; fi
cd -- \"$1\" || exit 1
if [ ! -r . ]; then echo 'Permission denied' >&2; exit 1; fi
f='%f %s %u %g %Y %U %G %n'
if stat --printf='' / 2>/dev/null; then
  printf 0; stat --printf=\"$f\\\\0\" -- * .[!.]* ..?* 2>/dev/null
else
  printf n; stat -c \"$f\" -- * .[!.]* ..?* 2>/dev/null
fi
s=$?
if [ \"$s\" -gt 1 ]; then echo 'purlin: too many entries' >&2; exit 1; fi
exit 0";

/// $1 the old name, $2 the new one.
pub(super) const RENAME: &str = "export LC_ALL=C
if [ -d \"$2\" ] && [ ! -L \"$2\" ]; then echo 'Is a directory' >&2; exit 1; fi
exec mv -T -f -- \"$1\" \"$2\"";

/// $1 the path.
pub(super) const REMOVE: &str = "export LC_ALL=C
if [ -d \"$1\" ] && [ ! -L \"$1\" ]; then exec rmdir -- \"$1\"; fi
exec rm -- \"$1\"";

/// $1 the path.
pub(super) const REMOVE_ALL: &str = "export LC_ALL=C
exec rm -r -- \"$1\"";
