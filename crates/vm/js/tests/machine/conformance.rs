//! The checks that every machine must pass.

use vm::testkit::{Fixtures, check_hosted_vm};

use crate::{machine, raw, unit};

#[test]
fn the_machine_passes() {
    let fixtures = Fixtures {
        echo: raw("return input"),
        store: raw("storage.put('k', input)"),
        load: raw("return storage.get('k') ?? undefined"),
        revert_after_store: raw("storage.put('k', input); blockchain.revert(input)"),
        trap_after_store: raw("storage.put('k', input); $__env.exhausted()"),
        spin: raw("for (;;) { $__T(3) }"),
        recurse: raw(
            "const f = () => { $__T(5); $__d++; if ($__d > 512) $__O(); f(); $__d-- }; f()",
        ),
        emit: raw("event.log([], input)"),
        call: raw("const to = crypto.toHex(input.slice(0, 32));
            const { status, output } = blockchain.callRaw(to, input.slice(32));
            if (status !== 'success') blockchain.revert(output);
            return output"),
        malformed: vec![
            Vec::new(),
            b"not code".to_vec(),
            b"//js\n".to_vec(),
            unit(&["function f("], "return {}"),
            unit(&["function f()"], "return {"),
            unit(&["function f()"], "return /a/"),
            unit(&["function f()"], "import('x')").into_iter().chain(*b"\xff").collect(),
        ],
    };
    check_hosted_vm(&machine(), &fixtures);
}
