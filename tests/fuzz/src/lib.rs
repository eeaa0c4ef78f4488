//! What the fuzz targets assert, one file for each subject. Each function takes one input and panics on a violated
//! property; the fuzz targets and the replays of the corpora on stable call the same functions.

pub mod codec;
pub mod config_file;
pub mod acl_file;
pub mod password_file;
pub mod admin_socket;
pub mod proxy_header;
pub mod websocket_frames;
pub mod store_recovery;
pub mod session_pair;
// A connection in memory, for the targets that want one.
pub mod wire;
// A broker in memory and clients on pipes, for the targets that want them.
pub mod pair;
pub mod packets;
