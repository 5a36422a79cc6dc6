; A relay: hands its accounts and its instruction data on to the bridge of Braid, so that a call of
; this program is a call of a contract of any machine, made by this program.
;
; The accounts must differ from each other, and the bridge is among them. What is built for the
; invocation lies on the heap: the metas of the accounts, then what is known of each, then the
; instruction itself, as sol_invoke_signed_c takes them.
.globl entrypoint
entrypoint:
    mov64 r6, r1
    ldxdw r7, [r6+0]
    add64 r6, 8
    lddw r8, 0x300000000
    lddw r9, 0x300001000
    stxdw [r10-8], r7
    stxdw [r10-16], r7
    stxdw [r10-24], r2
account:
    ldxdw r7, [r10-16]
    jeq r7, 0, invoke
    sub64 r7, 1
    stxdw [r10-16], r7
    ldxb r0, [r6+0]
    jne r0, 255, twice
    ; The meta: key, writable, signer.
    mov64 r3, r6
    add64 r3, 8
    stxdw [r8+0], r3
    ldxb r4, [r6+2]
    stxb [r8+8], r4
    ldxb r5, [r6+1]
    stxb [r8+9], r5
    ; What is known of it: key, lamports, length, data, owner, rent epoch, flags.
    stxdw [r9+0], r3
    mov64 r3, r6
    add64 r3, 72
    stxdw [r9+8], r3
    ldxdw r1, [r6+80]
    stxdw [r9+16], r1
    mov64 r3, r6
    add64 r3, 88
    stxdw [r9+24], r3
    mov64 r2, r6
    add64 r2, 40
    stxdw [r9+32], r2
    ; The data has room to grow and ends at a multiple of eight; the rent epoch is behind it.
    add64 r3, r1
    add64 r3, 10247
    and64 r3, -8
    ldxdw r2, [r3+0]
    stxdw [r9+40], r2
    stxb [r9+48], r5
    stxb [r9+49], r4
    ldxb r2, [r6+3]
    stxb [r9+50], r2
    mov64 r6, r3
    add64 r6, 8
    add64 r8, 16
    add64 r9, 56
    ja account
invoke:
    lddw r1, 0x300003000
    lddw r2, bridge
    stxdw [r1+0], r2
    lddw r2, 0x300000000
    stxdw [r1+8], r2
    ldxdw r3, [r10-8]
    stxdw [r1+16], r3
    ldxdw r4, [r10-24]
    stxdw [r1+24], r4
    ldxdw r5, [r4-8]
    stxdw [r1+32], r5
    lddw r2, 0x300001000
    mov64 r4, 0
    mov64 r5, 0
    call sol_invoke_signed_c
    mov64 r0, 0
    exit
twice:
    mov64 r0, 2
    exit
.rodata
bridge: .byte 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xd2
