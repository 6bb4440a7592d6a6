#!/bin/bash
# Makes the Debian package and prints its path: deb.sh FOLDER. One commit gives the same bytes: dpkg-deb sorts the
# files, owners are root, times are the commit's, and one thread compresses.
set -euo pipefail
out=$(realpath -m "$1")
readonly out
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/package/identity.sh
. scripts/package/identity.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly root=$work/root
scripts/package/stage.sh "$root" deb

case $(uname -m) in
x86_64) architecture=amd64 ;;
aarch64) architecture=arm64 ;;
*) echo "deb: unknown architecture $(uname -m)" >&2 && exit 69 ;;
esac
mkdir -m 0755 "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<END
Package: aod
Version: $epoch:$package_version-1
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(find "$root" -path "$root/DEBIAN" -prune -o -printf '%y %s\n' | awk '{ sum += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print sum }')
Depends: libc6 (>= $(needed_glibc))
Suggests: cifs-utils, zstd
Section: admin
Priority: optional
$(cat packaging/deb/description)
END
echo /etc/aod.yaml >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
for script in preinst postinst prerm postrm; do
	install -m 0755 "packaging/deb/$script" "$root/DEBIAN/$script"
done
chmod 0644 "$root/DEBIAN/"{control,conffiles,md5sums}
set_times "$root/DEBIAN"

mkdir -p "$out"
readonly file=$out/aod_${package_version}-1_$architecture.deb
# xz, because Debian 11 does not read zstd. Its strongest level takes ten times as long for a file that is a tenth
# smaller.
dpkg-deb --root-owner-group --threads-max=1 -Zxz -z1 --build "$root" "$file.new" >/dev/null
mv "$file.new" "$file"
echo "$file"
