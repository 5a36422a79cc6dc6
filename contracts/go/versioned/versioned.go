// Package versioned is a number that an upgrade changes, for tests of upgrades.
package versioned

import "braid/core"

// Versioned is only its methods.
type Versioned struct{}

// The number as a character above the space, and whether the code may take
// over from the version before. Tests change both where they stand in the
// module.
var settings = []byte("braid-versioned:!0")

const (
	number     = 16
	canMigrate = 17
)

// Who upgrades contracts.
var deployer = core.Address{29: 0xb7, 30: 0xa1, 31: 0xd0}

var kept = []byte("kept")

// Number is the number of the code and what was kept.
//
//braid:view
func (v *Versioned) Number(ctx core.Context) core.Uint256 {
	own := uint64(settings[number] - ' ')
	if record, ok := ctx.Get(kept); ok {
		return core.Uint256FromBytes([32]byte(record)).Add(core.NewUint256(own))
	}
	return core.NewUint256(own)
}

// Other is the same.
//
//braid:view
func (v *Versioned) Other(ctx core.Context) core.Uint256 { return v.Number(ctx) }

// Migrate takes over from the version before.
func (v *Versioned) Migrate(ctx core.Context, fromVersion uint32) {
	core.Request(ctx.Sender() == deployer, "not the deployer")
	core.Request(settings[canMigrate] == '1', "cannot take over")
	record := core.NewUint256(uint64(fromVersion) * 1000).Bytes()
	ctx.Set(kept, record[:])
}
