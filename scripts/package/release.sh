#!/bin/bash
# Makes a release: release.sh FOLDER. It has the packages, repositories for apt and dnf, the bare executable with its
# licences, a bill of materials (CycloneDX), and checksums of all files.
#
#   AOD_SIGNING_KEY   a file with a secret OpenPGP key, or the name of one in this user's keyring: then repositories,
#                     rpm package and checksums are signed, and the public key is beside them
set -euo pipefail
mkdir -p "$1"
out=$(realpath "$1")
readonly out
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/package/identity.sh
. scripts/package/identity.sh

rm -rf "$out"/{apt,rpm} "$out"/aod[_-]* "$out"/SHA256SUMS*
deb=$(scripts/package/deb.sh "$out")
rpm=$(scripts/package/rpm.sh "$out")

work=$(mktemp -d)
finish() {
	[ -z "${GNUPGHOME_MADE:-}" ] || gpgconf --kill gpg-agent
	rm -rf "$work"
}
trap finish EXIT
key=''
if [ -n "${AOD_SIGNING_KEY:-}" ]; then
	key=$AOD_SIGNING_KEY
	if [ -f "$AOD_SIGNING_KEY" ]; then
		export GNUPGHOME=$work/gnupg GNUPGHOME_MADE=yes
		mkdir -m 0700 "$GNUPGHOME"
		gpg --batch --quiet --import "$AOD_SIGNING_KEY"
		key=$(gpg --batch --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }')
	fi
fi
sign() { gpg --batch --yes --quiet --local-user "$key" "$@"; }

# apt: one suite, one component.
architecture=$(dpkg-deb --field "$deb" Architecture)
pool=pool/main/a/aod
lists=dists/stable/main/binary-$architecture
mkdir -p "$out/apt/$pool" "$out/apt/$lists"
cp "$deb" "$out/apt/$pool/"
(
	cd "$out/apt"
	apt-ftparchive packages pool >"$lists/Packages"
	gzip -9nk "$lists/Packages"
	{
		printf '%s\n' 'Origin: aod' 'Label: aod' 'Suite: stable' 'Codename: stable' 'Components: main' \
			"Architectures: $architecture" "Description: $summary" "Date: $(date -u -R -d "@$SOURCE_DATE_EPOCH" | sed 's/+0000/UTC/')"
		# apt-ftparchive would write the date of the run.
		apt-ftparchive release dists/stable | sed '/^Date:/d'
	} >"$work/Release"
	mv "$work/Release" dists/stable/Release
	if [ -n "$key" ]; then
		sign --clearsign --output dists/stable/InRelease dists/stable/Release
		sign --detach-sign --armor --output dists/stable/Release.gpg dists/stable/Release
		gpg --batch --export "$key" >aod.gpg
	fi
)
set_times "$out/apt"

# dnf
mkdir -p "$out/rpm"
cp "$rpm" "$out/rpm/"
if [ -n "$key" ]; then
	rpmsign --define "__gpg $(command -v gpg)" --define "_gpg_name $key" --addsign "$out/rpm/$(basename "$rpm")" >"$work/rpmsign" 2>&1 ||
		{ cat "$work/rpmsign" >&2 && exit 1; }
fi
set_times "$out/rpm"
createrepo_c --quiet --no-database --simple-md-filenames --revision "$SOURCE_DATE_EPOCH" --set-timestamp-to-revision "$out/rpm"
if [ -n "$key" ]; then
	sign --detach-sign --armor --output "$out/rpm/repodata/repomd.xml.asc" "$out/rpm/repodata/repomd.xml"
	gpg --batch --armor --export "$key" >"$out/rpm/RPM-GPG-KEY-aod"
fi

# The bare executable for hosts without apt and dnf, with the files that its licences require.
case $(uname -m) in
x86_64) platform=linux-x64 ;;
aarch64) platform=linux-arm64 ;;
*) platform=linux-$(uname -m) ;;
esac
stem=$out/aod-$package_version
install -m 0755 dist/aod "$stem-$platform"
scripts/bun scripts/package/copyright.ts build/parts.json whole "$stem-licences.txt"
scripts/bun scripts/package/sbom.ts build/parts.json dist/aod "$package_version" "$SOURCE_DATE_EPOCH" "$stem.cdx.json"

(cd "$out" && find aod[_-]* apt rpm -type f | sort | xargs sha256sum >SHA256SUMS)
[ -z "$key" ] || sign --detach-sign --armor --output "$out/SHA256SUMS.asc" "$out/SHA256SUMS"
