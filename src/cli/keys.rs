//! `paidan keys …`: master keys of an encrypted store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output;
use crate::calendar::moment;
use crate::clock;
use crate::config::{Flags, Settings};
use crate::store::{Algorithm, MasterFile};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// 生成主密钥：首次即启用加密，以后即轮换；重启服务后生效 · make a master key: the first one turns encryption on
    New(New),
    /// 列出主密钥，不含密钥本身 · list master keys, without their secrets
    List(Place),
}

/// Which keys.
#[derive(Args)]
pub(super) struct Place {
    /// 数据目录，缺省 ./data · folder of the store
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 配置文件（TOML）· configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct New {
    /// 算法 · algorithm
    #[arg(long, value_enum, default_value = "sm4-gcm")]
    algorithm: Algorithm,
    #[command(flatten)]
    place: Place,
}

impl Keys {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New(New { algorithm, place }) => {
                let file = place.file()?;
                let made = file.add(algorithm, clock::now())?;
                output::line(format!("已生成主密钥{}（{}）：{}", made.id, algorithm.name(), file.path().display()))?;
                output::line("请立即备份整个密钥目录，与数据备份分开存放；重启服务后，新写入的个人信息用它加密")?;
            }
            Self::List(place) => {
                for key in place.file()?.list()? {
                    output::line(format!("{}  {}  {}", key.id, key.algorithm.name(), moment(key.created)))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Place {
    fn file(self) -> anyhow::Result<MasterFile> {
        let flags = Flags { data: self.data, ..Flags::default() };
        Ok(MasterFile::of(&Settings::load(self.config.as_deref(), flags)?.keys_dir()))
    }
}
