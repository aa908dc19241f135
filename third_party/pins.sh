# Exact versions and hashes of everything that third_party/bootstrap fetches; sourced by it.
#
# Source tarballs are pinned by the hash of the upstream tarball inside the Debian source package: Debian's own
# revisions of a package get replaced, the tarball does not change. Python wheels are pinned in requirements*.txt.

protobuf_version=3.21.12
protobuf_suite=bookworm
protobuf_tarball=protobuf_3.21.12.orig.tar.gz
protobuf_sha256=930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53

highway_version=1.2.0
highway_suite=trixie
highway_tarball=highway_1.2.0.orig.tar.gz
highway_sha256=7e0be78b8318e8bdbf6fa545d2ecb4c90f947df03f7aadc42c1967f019e63343

onednn_source_version=3.7.2
onednn_suite=trixie
onednn_tarball=onednn_3.7.2+ds.orig.tar.xz
onednn_sha256=0cc51ca26c1af6a2bb1e71e378e7046f3ceb3e71791ee9d4e246d50f904a6ea6

# The wheels' 2023.2.0 is oneDNN 3.2; hashes in requirements-onednn.txt.
onednn_wheel_version=2023.2.0
onednn_minimum_version=3.2

# Hash in requirements-onnx-sdist.txt.
onnx_version=1.23.2
