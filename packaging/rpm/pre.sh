# The user, before files that belong to its group. One of the original, with its shell, is kept as it is.
getent group vernemq >/dev/null || groupadd --system vernemq
getent passwd vernemq >/dev/null || useradd --system --gid vernemq --home-dir /var/lib/vernemq --no-create-home \
    --shell /usr/sbin/nologin --comment "VerneMQ broker" vernemq
exit 0
