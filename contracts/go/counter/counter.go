package counter

import "braid/core"

// Counter 合约
type Counter struct{}

func (c *Counter) Initialize(ctx core.Context) (core.ObjectID, error) {
	// 创建并初始化计数器对象
	obj, err := ctx.CreateObject()
	if err != nil {
		return core.ObjectID{}, err
	}

	err = obj.Set("count", uint64(0))
	if err != nil {
		return core.ObjectID{}, err
	}

	return obj.ID(), nil
}

func (c *Counter) Increment(ctx core.Context, id core.ObjectID) (uint64, error) {
	// 获取对象
	obj, err := ctx.GetObject(id)
	if err != nil {
		return 0, err
	}

	// 读取当前值
	val, err := obj.Get("count")
	if err != nil {
		return 0, err
	}
	count := val.(uint64)

	// 递增并保存
	count++
	err = obj.Set("count", count)
	if err != nil {
		return 0, err
	}

	return count, nil
}
