module shop.example/shop

go 1.26.0
