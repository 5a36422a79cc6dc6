//! How test files import: their own modules without types, packages, and the module of tests.

use std::{cell::RefCell, rc::Rc};

use js_compiler::{resolve_import, strip_types};
use rquickjs::{
    Ctx, Error, Exception, Module, Result,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

use crate::{ReadFile, TEST_MODULE, places::Places};

/// Finds and loads the modules of a project.
#[derive(Clone)]
pub(crate) struct Modules {
    pub(crate) read: ReadFile,
    pub(crate) places: Rc<RefCell<Places>>,
}

impl Modules {
    /// What runs of a file, and notes its lines.
    pub(crate) fn source(&self, name: &str) -> core::result::Result<String, String> {
        let text = (self.read)(name).ok_or_else(|| format!("{name} cannot be read"))?;
        let stripped = strip_types(name, &text).map_err(|error| error.to_string())?;
        self.places.borrow_mut().add(name, stripped.lines);
        Ok(stripped.source)
    }

    fn find(&self, base: &str, name: &str) -> core::result::Result<String, String> {
        if name == TEST_MODULE {
            return Ok(name.to_owned());
        }
        let found = resolve_import(base, name, self.read.as_ref())
            .map_err(|error| format!("{base}: {error}"))?;
        found.ok_or_else(|| {
            format!(
                "{base}: the module \"{name}\" is for contracts, tests import \"{TEST_MODULE}\""
            )
        })
    }
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        self.find(base, name).map_err(|error| throw(ctx, &error))
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if name == TEST_MODULE {
            return Module::declare(ctx.clone(), name, include_str!("module.js"));
        }
        let source = self.source(name).map_err(|error| throw(ctx, &error))?;
        Module::declare(ctx.clone(), name, source)
    }
}

fn throw(ctx: &Ctx<'_>, message: &str) -> Error {
    Exception::throw_message(ctx, message)
}
