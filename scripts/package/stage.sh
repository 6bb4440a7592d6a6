#!/bin/bash
# Lays out the files of a package: stage.sh FOLDER deb|rpm. These are the executable, its configuration, unit, manual
# pages, completions, licences and documentation, with their final modes and times. It installs nothing.
set -euo pipefail
root=$(realpath -m "$1")
readonly root kind=$2
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/package/identity.sh
. scripts/package/identity.sh

umask 022
put() { install -D -m 0644 "$1" "$root$2"; }
compress() { gzip -9n "$root$1"; }

rm -rf "$root"
install -D -m 0755 dist/aod "$root/usr/bin/aod"
put config/aod.yaml /etc/aod.yaml
put packaging/systemd/aod.service /usr/lib/systemd/system/aod.service

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
scripts/bun scripts/package/man-pages.ts "$pages" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)" "$version"
scripts/bun scripts/package/completions.ts "$pages"
put "$pages/aod.1" /usr/share/man/man1/aod.1
put "$pages/aod.yaml.5" /usr/share/man/man5/aod.yaml.5
compress /usr/share/man/man1/aod.1
compress /usr/share/man/man5/aod.yaml.5
put "$pages/aod.bash" /usr/share/bash-completion/completions/aod
put "$pages/aod.fish" /usr/share/fish/vendor_completions.d/aod.fish
# Files for a monitoring system, which usually runs on another host.
for file in packaging/monitoring/*; do
	put "$file" "/usr/share/aod/monitoring/$(basename "$file")"
done

doc=/usr/share/doc/aod
for example in config/examples/*.yaml; do
	put "$example" "$doc/examples/$(basename "$example")"
done
# Programs for `notify`, and the drop-in that gives them the network. They are copied before use, so none is executable
# here.
for file in packaging/notify/*; do
	put "$file" "$doc/examples/notify/$(basename "$file")"
done
# For hosts without access to a web site.
for page in docs/*.md docs/*.json; do
	put "$page" "$doc/$(basename "$page")"
done
# Drop-ins that a user can copy to /etc/systemd/system/aod.service.d.
find packaging/systemd -name '*.conf' | sort | while read -r drop_in; do
	put "$drop_in" "$doc/examples/aod.service.d/$(basename "$drop_in")"
done
scripts/bun scripts/package/sbom.ts build/parts.json dist/aod "$package_version" "$SOURCE_DATE_EPOCH" "$pages/aod.cdx.json"
put "$pages/aod.cdx.json" "$doc/aod.cdx.json"

case $kind in
deb)
	put "$pages/_aod" /usr/share/zsh/vendor-completions/_aod
	scripts/bun scripts/package/copyright.ts build/parts.json deb "$root$doc/copyright"
	put CHANGELOG.md "$doc/changelog"
	put packaging/deb/lintian-overrides /usr/share/lintian/overrides/aod
	cat >"$root$doc/changelog.Debian" <<-END
		aod ($epoch:$package_version-1) stable; urgency=medium

		  * Built from commit $commit; changelog.gz says what is new.

		 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
	END
	compress "$doc/changelog"
	compress "$doc/changelog.Debian"
	;;
rpm)
	put "$pages/_aod" /usr/share/zsh/site-functions/_aod
	put LICENSE /usr/share/licenses/aod/LICENSE
	scripts/bun scripts/package/copyright.ts build/parts.json whole "$root/usr/share/licenses/aod/copyright"
	put CHANGELOG.md "$doc/CHANGELOG.md"
	;;
esac
chmod -R u=rwX,go=rX "$root"
set_times "$root"
